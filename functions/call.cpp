#include "functions/call.hpp"

#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/values/error_text.hpp"
#include "functions/secrets/secret_store.hpp"

namespace pawl::functions {
namespace {

constexpr std::size_t max_diagnostics = 100;

error thrown(std::string_view name, std::string_view text) {
  return fail("exception",
              pawl::quoted(name) + " threw an exception: " + flow::error_message(text));
}

error refused_value(std::string_view name, const char* what, error why) {
  why.message = pawl::quoted(name) + what + why.message;
  return why;
}

/// Returns the question that a function asks, or where it has left for a pause, if the values can
/// be stored, else an error.
call_outcome check_interruption(interruption asked, std::string_view name,
                                const value_limits& limits) {
  const std::string has_done = asked.for_pause ? " left for a pause" : " asked a question";
  for (const json* const part : {&asked.value, &asked.update}) {
    if (auto good = check_value(*part, limits); !good)
      return {refused_value(name, (has_done + " with an invalid JSON value: ").c_str(),
                            std::move(good).error())};
  }
  if (!asked.update.is_object()) {
    return {fail("invalid_result", pawl::quoted(name) + has_done +
                                       " with an update that must be an object, not " +
                                       asked.update.type_name())};
  }
  return {json{}, std::move(asked)};
}

/// The outcome of a function that has returned or ended its call.
call_outcome outcome_of(result<json> returned, std::string_view name, call_context& step,
                        const value_limits& limits) {
  if (!returned) {
    auto asked = step.take_interruption();
    if (asked && returned.error().code == errc::interrupted)
      return check_interruption(*std::move(asked), name, limits);
    error why = std::move(returned).error();
    if (step.secrets() != nullptr) step.secrets()->mask(step.run().scope, why);  // before it is cut
    return {storable_error(std::move(why))};
  }
  if (auto good = check_value(*returned, limits); !good)
    return {refused_value(name, " returned an invalid JSON value: ", std::move(good).error())};
  return {std::move(returned)};
}

/// Calls `body`, which returns an outcome. Its exception becomes the outcome.
template <class Body>
call_outcome guarded(std::string_view name, const Body& body) {
  try {
    return body();
  } catch (const std::exception& failure) {
    return {thrown(name, failure.what())};
  } catch (...) {
    return {thrown(name, "not a std::exception, without text")};
  }
}

/// Masks the secrets that a function has passed on.
void mask_secrets(const call_context& step, call_outcome& how) {
  if (step.secrets() == nullptr) return;
  const auto mask = [&](auto& what) { step.secrets()->mask(step.run().scope, what); };
  if (!how.value) {
    error why = how.value.error();
    mask(why);
    how.value = std::move(why);
  } else {
    mask(*how.value);
  }
  if (how.interrupted) {
    mask(how.interrupted->value);
    mask(how.interrupted->update);
  }
}

/// The outcome of `body`, which calls a function, without secrets.
template <class Body>
call_outcome masked(std::string_view name, const call_context& step, const Body& body) {
  auto how = guarded(name, body);
  mask_secrets(step, how);
  return how;
}

/// The end of an asynchronous call, which comes once.
class ending {
 public:
  ending(std::string name, call_context& step, const value_limits& limits,
         std::function<void(call_outcome)> done)
      : name_(std::move(name)), step_(step), limits_(limits), done_(std::move(done)) {}
  ending(const ending&) = delete;
  ~ending() {
    if (!ended_) done_({fail("no_result", pawl::quoted(name_) + " did not end its call")});
  }

  void end(result<json> value) {
    if (ended_.exchange(true)) return;
    auto how =
        masked(name_, step_, [&] { return outcome_of(std::move(value), name_, step_, limits_); });
    std::exchange(done_, nullptr)(std::move(how));
  }
  void end_thrown(call_outcome how) {
    if (!ended_.exchange(true)) std::exchange(done_, nullptr)(std::move(how));
  }

 private:
  const std::string name_;
  call_context& step_;
  const value_limits limits_;
  std::function<void(call_outcome)> done_;
  std::atomic<bool> ended_{false};
};

}  // namespace

error storable_error(error own) {
  error out;
  out.code = errc::function_failed;
  out.type = flow::error_type(own.error_class());
  out.message = flow::error_message(own.message);
  if (flow::kept_details(own) != nullptr) out.details = std::move(own.details);
  if (own.diagnostics.size() > max_diagnostics) own.diagnostics.resize(max_diagnostics);
  out.diagnostics = std::move(own.diagnostics);
  for (auto& diagnostic : out.diagnostics) {
    diagnostic.pointer = flow::error_message(diagnostic.pointer);
    diagnostic.code = flow::error_type(diagnostic.code);
    diagnostic.message = flow::error_message(diagnostic.message);
  }
  return out;
}

call_outcome call(const step_function& body, std::string_view name, const step_data& state,
                  call_context& step, const value_limits& limits) {
  return masked(name, step, [&] { return outcome_of(body(state, step), name, step, limits); });
}

void call_asynchronous(const asynchronous_function& begin, const std::string& name,
                       call_context& step, const value_limits& limits,
                       std::function<void(call_outcome)> done) {
  const auto how = std::make_shared<ending>(name, step, limits, std::move(done));
  auto failed = masked(name, step, [&]() -> call_outcome {
    begin(step, [how](result<json> value) { how->end(std::move(value)); });
    return {json{}};
  });
  if (!failed.value) how->end_thrown(std::move(failed));
}

}  // namespace pawl::functions
