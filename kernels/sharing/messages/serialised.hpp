#pragma once

// Sends what nlohmann-json can take apart and put together (to_json and from_json: maps, lists,
// your own structs by NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE), as MessagePack. In its own header,
// because it costs a source some seconds of compiling.
//
// nlohmann-json, because parlab reads and writes its result files with it anyway;
// Boost.Serialization is not a header library, and MessagePack is a format that other languages
// read.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "kernels/sharing/messages/wire.hpp"

namespace parlab {

template <class T>
requires(!std::is_trivially_copyable_v<T> && requires(nlohmann::json json, const T& value) {
  json = value;
  json.template get<T>();
}) struct Wire<T> {
  static constexpr bool fixed_size = false;
  static void put(Bytes& message, const T& value) {
    const std::vector<std::uint8_t> packed = nlohmann::json::to_msgpack(nlohmann::json(value));
    put_on_wire(message, std::uint64_t{packed.size()});
    const auto* bytes = reinterpret_cast<const std::byte*>(packed.data());
    message.insert(message.end(), bytes, bytes + packed.size());
  }
  static T take(WireReader& reader) {
    const BytesView bytes = reader.take(take_from_wire<std::uint64_t>(reader));
    const auto* packed = reinterpret_cast<const std::uint8_t*>(bytes.data());
    try {
      return nlohmann::json::from_msgpack(packed, packed + bytes.size()).template get<T>();
    } catch (const nlohmann::json::exception& error) {
      throw BadMessage(std::string("a message is not what was asked for: ") + error.what());
    }
  }
};

}  // namespace parlab
