#include "server/api/version_name.hpp"

#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/flow_numbers.hpp>

namespace pawl::server {

void find_version(const scope& in, const flow_name& flow, const std::string& text,
                  callback<version> done) {
  if (const auto numbers = parse_version(text)) return done(*numbers);
  if (text.empty() || text.size() > max_label_bytes) {
    return done(error{errc::invalid_argument,
                      "a version is named by its numbers, such as 1.0.2, or by a label of 1 to " +
                          std::to_string(max_label_bytes) + " bytes"});
  }
  scope_flow_numbers{in}.find_label_async(
      flow, text, [flow, text, done = std::move(done)](const result<flow_numbers>& labelled) {
        const bool is_unknown =
            labelled ? labelled->withdrawn : labelled.error().code == errc::not_found;
        if (is_unknown) {
          return done(error{errc::not_found, "no version of flow " + pawl::quoted(flow.str()) +
                                                 " has the label " + pawl::quoted(text)});
        }
        if (!labelled) return done(labelled.error());
        done(labelled->id.version);
      });
}

}  // namespace pawl::server
