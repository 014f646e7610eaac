#pragma once

#include <cstddef>

#include "cli/session.hpp"

namespace pawl::cli {

/// Prints steps in the form of the HTTP API, one line each: checkpoint, node, visit, attempt,
/// status, times, and what else there is to say. The first call prints a header.
class step_lines {
 public:
  explicit step_lines(session& s) : session_(s) {}

  void print(const json& steps);

 private:
  void print_step(const json& step);

  session& session_;
  std::size_t node_ = 4;
  std::size_t checkpoint_ = 1;
  bool has_header_ = false;
};

}  // namespace pawl::cli
