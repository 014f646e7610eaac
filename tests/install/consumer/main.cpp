// The smallest program that compiles with the installed headers and links the installed library.
#include <pawl/ids.hpp>
#include <pawl/settings.hpp>
#include <pawl/version.hpp>

#include <iostream>

int main() {
  const auto version = pawl::parse_version(pawl::library_version);
  if (!version) {
    std::cerr << version.error().message << '\n';
    return 1;
  }
  const auto checked = pawl::settings::defaults().check();
  if (!checked) {
    std::cerr << checked.error().message << '\n';
    return 1;
  }
  std::cout << "pawl " << pawl::to_string(*version) << '\n';
}
