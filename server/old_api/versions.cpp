#include <algorithm>
#include <utility>

#include "server/old_api/end_old_runs.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/old_routes.hpp"
#include "server/old_api/old_versions.hpp"

namespace pawl::server {
namespace {

using numbers_handler = std::function<void(const flow_numbers& found)>;

/// Calls `then` with the version in the path. Answers the request if there is none.
void with_version_in_path(const call_ptr& request, std::string doing, numbers_handler then) {
  const flow_name flow{request->segment("name")};
  const std::string text = request->segment("version");
  request->in().flows().versions_async(
      flow, flow_filter{1, {}},
      [request, flow, text, doing = std::move(doing),
       then = std::move(then)](const result<flow_version_page>& known) {
        if (!known && known.error().code == errc::not_found)
          return refuse(request, old_flow_not_found(flow.str()));
        if (!known) return refuse(request, doing, known.error());
        find_old_version(
            request->in(), flow, text,
            [request, flow, text, doing, then](const result<flow_numbers>& found) {
              if (found) return then(*found);
              if (found.error().code != errc::not_found)
                return refuse(request, doing, found.error());
              refuse(request, {400, "Version " + text + " not found for flow " + flow.str()});
            });
      });
}

/// All stored versions: the previous engine published each one. `published` is the one that is
/// started without a version.
void list_versions_of_old_flow(const call_ptr& request) {
  const std::string name = request->segment("name");
  list_old_versions(
      request->in(), flow_name{name},
      [request, name](result<std::vector<old_version>> versions) {
        if (!versions && versions.error().code == errc::not_found)
          return refuse(request, old_flow_not_found(name));
        if (!versions) return refuse(request, "Failed to list flow versions", versions.error());
        std::stable_sort(versions->begin(), versions->end(),
                         [](const auto& a, const auto& b) { return a.created_at > b.created_at; });
        json list = json::array();
        for (const auto& each : *versions) {
          list.push_back({{"flow_version_id", each.numbers.version},
                          {"flow_id", each.numbers.flow},
                          {"version", shown_version(each.numbers)},
                          {"published", each.published},
                          {"created_at", old_time(each.created_at)}});
        }
        request->answer(200, list);
      },
      request->withdrawn_with_client());
}

void publish_old_version(const call_ptr& request) {
  with_version_in_path(
      request, "Failed to publish flow version", [request](const flow_numbers& found) {
        request->in().flows().publish_async(
            found.id, [request, found](const result<void>& published) {
              if (!published)
                return refuse(request, "Failed to publish flow version", published.error());
              request->answer(200, {{"flow_id", found.id.name.str()},
                                    {"version", request->segment("version")},
                                    {"flow_version_id", found.version},
                                    {"status", "published"}});
            });
      });
}

void publish_numbered_version(const call_ptr& request) {
  const auto number = old_number_in_path(request, "name");
  if (!number) return;
  scope_flow_numbers{request->in()}.find_async(
      *number, [request, number = *number](const result<flow_numbers>& found) {
        const bool is_unknown = found ? found->withdrawn : found.error().code == errc::not_found;
        if (is_unknown) {
          old_error why = old_flow_not_found(std::to_string(number));
          why.text = "Flow version not found";
          return refuse(request, why);
        }
        if (!found) return refuse(request, "Failed to publish flow", found.error());
        request->in().flows().publish_async(
            found->id, [request, number](const result<void>& published) {
              if (!published) return refuse(request, "Failed to publish flow", published.error());
              request->answer(200, {{"flow_version_id", number}, {"status", "published"}});
            });
      });
}

constexpr const char* deletion_failed = "Failed to delete flow version";

/// Publishes the newest other version if no other one is published, or removes the flow if it has
/// no other version. `then`: answers.
void replace_version(const call_ptr& request, const flow_version_id& which, callback<void> then) {
  list_old_versions(
      request->in(), which.name,
      [request, which, then = std::move(then)](result<std::vector<old_version>> left) {
        if (!left) return then(left.error());
        std::erase_if(*left, [&](const old_version& v) { return v.numbers.id == which; });
        if (left->empty()) return request->in().flows().remove_async(which.name, then);
        const bool has_published = std::any_of(left->begin(), left->end(),
                                               [](const old_version& v) { return v.published; });
        if (has_published) return then({});
        const auto newest = std::max_element(
            left->begin(), left->end(),
            [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
        request->in().flows().publish_async(newest->numbers.id, then);
      });
}

/// First another version is published, then this one is withdrawn: whatever fails between the two,
/// the published version is not a deleted one.
void withdraw_version(const call_ptr& request, const flow_numbers& which, bool force) {
  replace_version(request, which.id, [request, which, force](const result<void>& replaced) {
    if (!replaced) return refuse(request, deletion_failed, replaced.error());
    scope_flow_numbers{request->in()}.change_async(
        {which.id, "", true}, [request, which, force](const result<flow_numbers>& withdrawn) {
          if (!withdrawn) return refuse(request, deletion_failed, withdrawn.error());
          request->answer(200, {{"flow_id", which.id.name.str()},
                                {"version", request->segment("version")},
                                {"status", "deleted"},
                                {"force", force}});
        });
  });
}

void delete_old_version(const call_ptr& request) {
  const bool force = old_flag(request, "force");
  with_version_in_path(request, deletion_failed, [request, force](const flow_numbers& found) {
    const std::string text = request->segment("version");
    end_old_runs(
        request,
        {found.id.name, found.id.version, "version " + text + " of flow " + found.id.name.str(),
         "Flow version " + text + " deleted", force},
        [request, found, force] { withdraw_version(request, found, force); });
  });
}

}  // namespace

void add_old_version_routes(router& to) {
  to.add(old_route("GET", "/api/flows/{name}/versions", "old.versions.list", role::reader,
                   list_versions_of_old_flow, {"include_unpublished"}));
  to.add(old_route("DELETE", "/api/flows/{name}/versions/{version}", "old.versions.delete",
                   role::author, delete_old_version, {"force"}));
  to.add(old_route("POST", "/api/flows/{name}/versions/{version}/publish", "old.versions.publish",
                   role::author, publish_old_version));
  to.add(old_route("POST", "/api/flows/{name}/publish", "old.flows.publish", role::author,
                   publish_numbered_version));
}

}  // namespace pawl::server
