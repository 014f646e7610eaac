#pragma once

#include <functional>

#include <pawl/result.hpp>

namespace pawl {

/// Receives the answer of an asynchronous call. Called exactly once: on a thread of the engine, or
/// before the call returns if the call is refused at once. Must not block and must not throw.
template <class T>
using callback = std::function<void(result<T>)>;

}  // namespace pawl
