#include <pawl/scope.hpp>

#include "runtime/core.hpp"

namespace pawl {

scope_functions scope::functions() const {
  return {at_.core->functions, at_.name};
}

}  // namespace pawl
