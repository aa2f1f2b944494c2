#pragma once

// Content-Encoding undone (gzip and deflate, by zlib), within bounds, whatever the bytes are.

#include <cstdint>
#include <string>
#include <string_view>

namespace parlab {

enum class InflateResult { ok, malformed, too_big };

/// Undoes a Content-Encoding (gzip, deflate, identity or none). Little more than `most` bytes are
/// made, which are what there is in `out` then: a bomb costs no more than that.
InflateResult inflate_body(std::string_view encoding, std::string_view body, std::uint64_t most,
                           std::string& out);

}  // namespace parlab
