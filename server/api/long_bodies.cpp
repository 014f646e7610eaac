#include "server/api/long_bodies.hpp"

#include <utility>

namespace pawl::server {

void long_bodies::handle(const std::string& scope, std::size_t bytes,
                         std::function<void()> handle) {
  if (bytes <= long_bytes) return handle();
  if (waiting_.fetch_add(bytes) + bytes > most_waiting) {
    waiting_ -= bytes;
    return handle();
  }
  ++elsewhere_;
  threads_.post({.scope = scope}, [this, bytes, handle = std::move(handle)] {
    waiting_ -= bytes;
    handle();
  });
}

}  // namespace pawl::server
