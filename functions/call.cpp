#include "functions/call.hpp"

#include <exception>
#include <string>

#include <pawl/code_ref.hpp>

#include "functions/utf8.hpp"

namespace pawl::functions {
namespace {

constexpr std::size_t max_message_bytes = 8 * 1024;
constexpr std::size_t max_type_bytes = 128;
constexpr std::size_t max_faults = 100;

error thrown(std::string_view name, std::string_view text) {
  return fail("exception", pawl::quoted(name) +
                               " threw an exception: " + to_valid_utf8(text, max_message_bytes));
}

/// A function's own error as the engine keeps it.
error presentable(error own) {
  error out;
  out.code = errc::function_failed;
  out.type = to_valid_utf8(own.error_class(), max_type_bytes);
  out.message = to_valid_utf8(own.message, max_message_bytes);
  if (own.faults.size() > max_faults) own.faults.resize(max_faults);
  out.faults = std::move(own.faults);
  for (auto& fault : out.faults) {
    fault.pointer = to_valid_utf8(fault.pointer, max_message_bytes);
    fault.code = to_valid_utf8(fault.code, max_type_bytes);
    fault.message = to_valid_utf8(fault.message, max_message_bytes);
  }
  return out;
}

}  // namespace

result<json> call(const step_function& body, std::string_view name, const json& state,
                  step_context& step, const value_limits& limits) {
  try {
    auto returned = body(state, step);
    if (!returned) return presentable(std::move(returned).error());
    if (auto good = check_value(*returned, limits); !good) {
      auto refused = std::move(good).error();
      refused.message = pawl::quoted(name) + " returned what is no JSON value: " + refused.message;
      return refused;
    }
    return returned;
  } catch (const std::exception& failure) {
    return thrown(name, failure.what());
  } catch (...) {
    return thrown(name, "it is no std::exception and has no text");
  }
}

}  // namespace pawl::functions
