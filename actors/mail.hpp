#pragma once

#include <chrono>
#include <unordered_map>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/behavior.hpp>
#include <caf/config.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/sec.hpp>
#include <caf/spawn_options.hpp>
#include <caf/system_messages.hpp>
#include <caf/type_id.hpp>
#if CAF_VERSION >= 10000
#include <caf/anon_mail.hpp>
#include <caf/disposable.hpp>
#else
#include <caf/send.hpp>
#endif

#include "actors/reply.hpp"

/// The only file of this folder that includes CAF and depends on its version. It covers what
/// differs between 0.17 and 1.x: sending, delayed sending, monitoring and the declaration of
/// message types. All else that the actors use (handles, behaviors, quit, exception handlers) is
/// the same in both.
///
/// Only 0.17 is built and tested. The 1.x parts follow the headers of CAF 1.x. Two things are still
/// missing for 1.x, both outside of this folder: the program must register the type ids of
/// `PAWL_MESSAGE_TYPES_BEGIN` (caf::init_global_meta_objects) and spell the scheduler's settings
/// as 1.x does.
namespace pawl::actors {

/// Sends a message that has no sender. Safe to call from any thread.
template <class Message>
void post(const caf::actor& to, Message&& message) {
#if CAF_VERSION >= 10000
  caf::anon_mail(std::forward<Message>(message)).send(to);
#else
  caf::anon_send(to, std::forward<Message>(message));
#endif
}

/// A reply that posts `make(answer)` to an actor.
template <class T, class Make>
[[nodiscard]] reply<T> reply_by_message(caf::actor to, Make make) {
  return reply<T>{[to = std::move(to), make = std::move(make)](result<T> answer) {
    post(to, make(std::move(answer)));
  }};
}

#if CAF_VERSION < 10000
/// A message that an actor sent to itself with a delay.
struct delayed_mail {
  caf::actor_addr to;
  caf::message content;
};

/// Passes on the delayed messages of an actor if that actor still exists. CAF's clock keeps the
/// receiver of a message alive until it is due, and an actor keeps the store open.
class delayed_mail_relay final : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[](const delayed_mail& due) {
      if (const auto to = caf::actor_cast<caf::strong_actor_ptr>(due.to))
        to->enqueue(nullptr, caf::make_message_id(), due.content, nullptr);
    }};
  }
  const char* name() const override { return "pawl.delayed_mail_relay"; }
};
#endif

/// The base of all actors of an engine.
class actor_base : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;

 protected:
  [[nodiscard]] caf::actor self() { return caf::actor{this}; }

  /// Sends a message whose receiver sees this actor as the sender.
  template <class Message>
  void send(const caf::actor& to, Message&& message) {
#if CAF_VERSION >= 10000
    this->mail(std::forward<Message>(message)).send(to);
#else
    caf::event_based_actor::send(to, std::forward<Message>(message));
#endif
  }

  /// Sends a message to this actor. It comes after all messages that are already in the mailbox.
  template <class Message>
  void send_self(Message&& message) {
#if CAF_VERSION >= 10000
    send(self(), std::forward<Message>(message));
#else
    caf::event_based_actor::send(this, std::forward<Message>(message));
#endif
  }

  /// Sends a message to this actor after a delay. The message does not keep the actor alive.
  template <class Rep, class Period, class Message>
  void send_self_after(std::chrono::duration<Rep, Period> delay, Message&& message) {
#if CAF_VERSION >= 10000
    this->mail(std::forward<Message>(message))
        .delay(std::chrono::duration_cast<caf::actor_clock::duration_type>(delay))
        .send(self(), caf::weak_ref);
#else
    if (!relay_) relay_ = home_system().spawn<delayed_mail_relay, caf::hidden>();
    caf::delayed_anon_send(
        relay_, delay, delayed_mail{address(), caf::make_message(std::forward<Message>(message))});
#endif
  }

#if CAF_VERSION < 10000
 private:
  caf::actor relay_;  ///< null before the first delayed message
#endif
};

/// An actor that is notified when other actors end.
class monitoring_actor : public actor_base {
 public:
  explicit monitoring_actor(caf::actor_config& config) : actor_base(config) {
#if CAF_VERSION < 10000
    set_down_handler([this](const caf::down_msg& down) { on_down(down.source, down.reason); });
#endif
  }

 protected:
  /// An actor that is watched has ended. Called once for each.
  virtual void on_down(const caf::actor_addr& source, const caf::error& reason) = 0;

  /// Starts an actor and watches it.
  template <class Actor, class... Args>
  [[nodiscard]] caf::actor spawn_watched(Args&&... args) {
#if CAF_VERSION >= 10000
    auto spawned = this->template spawn<Actor>(std::forward<Args>(args)...);
    watch(spawned);
    return spawned;
#else
    return this->template spawn<Actor, caf::monitored>(std::forward<Args>(args)...);
#endif
  }

#if CAF_VERSION >= 10000
  void watch(const caf::actor& other) {
    const auto on_end = [this, source = other.address()](const caf::error& reason) {
      monitors_.erase(source);
      on_down(source, reason);
    };
    monitors_.insert_or_assign(other.address(), this->monitor(other, on_end));
  }
  void unwatch(const caf::actor& other) {
    if (auto found = monitors_.extract(other.address())) found.mapped().dispose();
  }

 private:
  std::unordered_map<caf::actor_addr, caf::disposable> monitors_;
#else
  void watch(const caf::actor& other) {
    monitor(other);
  }
  void unwatch(const caf::actor& other) {
    demonitor(other);
  }
#endif
};

}  // namespace pawl::actors

/// Declares types as messages that are never serialized. Used at global scope; the types come
/// between BEGIN and END, one PAWL_MESSAGE_TYPE each.
#if CAF_VERSION >= 10000
#define PAWL_MESSAGE_TYPES_BEGIN \
  CAF_BEGIN_TYPE_ID_BLOCK(pawl_actors, caf::first_custom_type_id + 1000)
#define PAWL_MESSAGE_TYPE(type)        \
  CAF_ADD_TYPE_ID(pawl_actors, (type)) \
  CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#define PAWL_MESSAGE_TYPES_END CAF_END_TYPE_ID_BLOCK(pawl_actors)
#else
#define PAWL_MESSAGE_TYPES_BEGIN
#define PAWL_MESSAGE_TYPE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#define PAWL_MESSAGE_TYPES_END
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::delayed_mail)
#endif
