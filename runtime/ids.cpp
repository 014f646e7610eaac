#include "runtime/ids.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>

#include <pawl/detail/fnv1a.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

namespace pawl {
namespace {

class uuid_source final : public id_source {
 public:
  uuid_source() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    random_.seed(seed);
  }

  run_id next(time_point now) override {
    std::array<unsigned char, 16> bytes;
    const auto ms = static_cast<std::uint64_t>(to_unix_us(now) / 1000);
    for (int i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(ms >> (40 - 8 * i));
    std::uint64_t high = 0, low = 0;
    {
      const std::lock_guard lock{mutex_};
      high = random_();
      low = random_();
    }
    bytes[6] = static_cast<unsigned char>(0x70 | (high & 0x0f));
    bytes[7] = static_cast<unsigned char>(high >> 8);
    bytes[8] = static_cast<unsigned char>(0x80 | ((high >> 16) & 0x3f));
    for (int i = 9; i < 16; ++i) bytes[i] = static_cast<unsigned char>(low >> (8 * (i - 9)));
    std::string text;
    text.reserve(36);
    for (int i = 0; i < 16; ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
      detail::append_hex_byte(text, bytes[i]);
    }
    return run_id{std::move(text)};
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 random_;
};

class random_source final : public actors::rng {
 public:
  double draw() override {
    const std::lock_guard lock{mutex_};
    return std::uniform_real_distribution<double>{0, 1}(random_);
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 random_{std::random_device{}()};
};

class system_clock final : public actors::clock {
 public:
  time_point now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
  // An operator or a time server may set it, and it runs on while the machine sleeps.
  std::chrono::seconds longest_wait() const override { return std::chrono::seconds{1}; }
};

}  // namespace

std::unique_ptr<id_source> make_uuid_source() {
  return std::make_unique<uuid_source>();
}

std::unique_ptr<actors::clock> make_system_clock() {
  return std::make_unique<system_clock>();
}

std::unique_ptr<actors::rng> make_rng() {
  return std::make_unique<random_source>();
}

run_id id_of_key(std::string_view key) {
  std::string id{key_id_prefix};
  for (const char c : key) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    if (plain) {
      id += c;
    } else {  // ":" and two digits; a plain character is never ":"
      id += ':';
      detail::append_hex_byte(id, static_cast<unsigned char>(c));
    }
  }
  constexpr std::size_t longest = 128;  // never changes: runs are found by these ids
  if (id.size() <= longest) return run_id{std::move(id)};
  // Too long: a prefix and a 128-bit hash, separated by "::", which the loop above never produces.
  id.resize(longest - 34);
  return run_id{id + "::" + detail::sha256_128(key)};
}

std::uint64_t start_fingerprint(std::string_view flow, std::string_view version, const json& input,
                                const json& metadata) {
  std::uint64_t hash = detail::fnv1a_offset;
  const auto add = [&](std::string_view part) {
    hash = detail::fnv1a(part, hash);
    hash = detail::fnv1a(std::string_view{"\0", 1}, hash);
  };
  add(flow);
  add(version);
  std::string bytes;
  json::to_cbor(input, nlohmann::detail::output_adapter<char>(bytes));
  add(bytes);
  bytes.clear();
  json::to_cbor(metadata, nlohmann::detail::output_adapter<char>(bytes));
  add(bytes);
  return hash;
}

}  // namespace pawl
