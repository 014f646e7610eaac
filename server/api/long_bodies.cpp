#include "server/api/long_bodies.hpp"

#include <utility>

namespace pawl::server {

void long_bodies::handle(const std::string& scope, std::size_t bytes,
                         std::function<void()> handle) {
  if (bytes <= long_bytes || !try_wait(bytes)) return handle();
  post(scope, bytes, std::move(handle));
}

bool long_bodies::try_post(const std::string& scope, std::size_t bytes,
                           std::function<void()> handle) {
  if (!try_wait(bytes)) return false;
  post(scope, bytes, std::move(handle));
  return true;
}

bool long_bodies::try_wait(std::size_t bytes) {
  if (waiting_.fetch_add(bytes) + bytes <= most_waiting) return true;
  waiting_ -= bytes;
  return false;
}

void long_bodies::post(const std::string& scope, std::size_t bytes, std::function<void()> handle) {
  ++elsewhere_;
  threads_.post({.scope = scope}, [this, bytes, handle = std::move(handle)] {
    waiting_ -= bytes;
    handle();
  });
}

}  // namespace pawl::server
