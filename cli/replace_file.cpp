#include "cli/replace_file.hpp"

#include <unistd.h>

#include "cli/text.hpp"
#include "cli/whole_file.hpp"

namespace pawl::cli {

result<void> replace_file(const std::string& file, std::string_view content) {
  if (::access(file.c_str(), F_OK) != 0)
    return error{errc::not_found, "cannot write " + printable(file) + ": no such file"};
  auto to = whole_file::begin(file, whole_file::existing::replace);
  if (!to) return std::move(to).error();
  if (auto written = to->write(content); !written) return written;
  return to->finish();
}

}  // namespace pawl::cli
