#include "server/api/long_bodies.hpp"

#include <utility>

namespace pawl::server {

void long_bodies::handle(const std::string& scope, std::size_t bytes,
                         std::function<void()> handle) {
  if (bytes <= long_bytes || !waiting_.try_take(scope, bytes)) return handle();
  post(scope, bytes, std::move(handle));
}

bool long_bodies::try_post(const std::string& scope, std::size_t bytes,
                           std::function<void()> handle) {
  if (!waiting_.try_take(scope, bytes)) return false;
  post(scope, bytes, std::move(handle));
  return true;
}

void long_bodies::post(const std::string& scope, std::size_t bytes, std::function<void()> handle) {
  ++elsewhere_;
  threads_.post({.scope = scope}, [this, scope, bytes, handle = std::move(handle)] {
    waiting_.give_back(scope, bytes);
    handle();
  });
}

}  // namespace pawl::server
