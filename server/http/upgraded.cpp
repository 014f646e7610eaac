#include "server/http/upgraded.hpp"

namespace pawl::server::http {

void web_socket_ends::set_receiver(std::function<void(std::string)> what) {
  std::function<void()> resume;
  std::string pending;
  auto receiver = std::make_shared<const std::function<void(std::string)>>(std::move(what));
  {
    const std::lock_guard lock{mutex_};
    receiver_ = receiver;
    pending.swap(pending_);
    resume.swap(resume_);
  }
  if (!resume) return;
  (*receiver)(std::move(pending));
  resume();
}

bool web_socket_ends::deliver(std::string text, std::function<void()> resume) {
  std::shared_ptr<const std::function<void(std::string)>> receiver;
  {
    const std::lock_guard lock{mutex_};
    receiver = receiver_;
    if (!receiver) {
      pending_ = std::move(text);
      resume_ = std::move(resume);
      return false;
    }
  }
  (*receiver)(std::move(text));
  return true;
}

void web_socket_ends::reset_receiver() {
  std::shared_ptr<const std::function<void(std::string)>> dropped;  // destroyed without the lock
  const std::lock_guard lock{mutex_};
  dropped.swap(receiver_);
  resume_ = nullptr;
}

}  // namespace pawl::server::http
