#include "cli/attribute_options.hpp"

#include <utility>

#include "cli/text.hpp"

namespace pawl::cli {

void add_attribute_option(CLI::App& to, std::vector<std::string>& given) {
  to.add_option("--attr", given,
                "Attribute by which the run is found: customer=acme, total=42, vip=true, "
                "due=2026-01-31T09:30:00Z; a text in quotes: zip=\"01234\"")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

result<attribute_map> read_attribute_options(const std::vector<std::string>& given) {
  attribute_map attributes;
  for (const auto& each : given) {
    const auto split = each.find('=');
    const auto wrong = [&](const std::string& why) {
      return error{errc::invalid_argument, "--attr " + printable(each) + ": " + why};
    };
    if (split == std::string::npos) return wrong("write NAME=VALUE, as in customer=acme");
    auto value = parse_attribute(std::string_view{each}.substr(split + 1));
    if (!value) return wrong(value.error().message);
    if (!attributes.emplace(each.substr(0, split), *std::move(value)).second)
      return wrong("the attribute is given twice");
  }
  if (auto good = check_attributes(attributes); !good)
    return error{good.error().code, "--attr: " + good.error().message};
  return attributes;
}

}  // namespace pawl::cli
