#include "kernels/sharing/manager/messages/manager_frames.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace parlab {
namespace {

using nlohmann::json;

/// Builds the value, and gives up where it is too deep: the reader would recurse once a level.
class BoundedReader final : public nlohmann::detail::json_sax_dom_parser<json> {
 public:
  using Base = nlohmann::detail::json_sax_dom_parser<json>;
  explicit BoundedReader(json& value) : Base(value, false) {}

  bool start_object(std::size_t size) {
    return ++depth_ <= deepest_value && Base::start_object(size);
  }
  bool end_object() { return --depth_ >= 0 && Base::end_object(); }
  bool start_array(std::size_t size) {
    return ++depth_ <= deepest_value && Base::start_array(size);
  }
  bool end_array() { return --depth_ >= 0 && Base::end_array(); }

 private:
  int depth_ = 0;
};

}  // namespace

void append_frame(std::string& to, std::string_view bytes) {
  to += raw_bytes(FrameSize{bytes.size()});
  to += bytes;
}

std::optional<std::string_view> take_frame(std::string_view& bytes) {
  std::string_view rest = bytes;
  FrameSize size = 0;
  if (!take_front(rest, size) || rest.size() < size) return std::nullopt;
  bytes = rest.substr(size);
  return rest.substr(0, size);
}

std::string to_bytes(const json& value) {
  std::string bytes;
  json::to_cbor(value, nlohmann::detail::output_adapter<char>(bytes));
  return bytes;
}

json from_bytes(std::string_view bytes) {
  json value;
  BoundedReader reader(value);
  try {
    if (json::sax_parse(bytes, &reader, json::input_format_t::cbor)) return value;
  } catch (const json::exception&) {  // a declared length beyond any memory
  }
  throw std::invalid_argument("a message that is not CBOR");
}

}  // namespace parlab
