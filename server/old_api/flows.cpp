#include <algorithm>
#include <memory>
#include <utility>

#include "server/old_api/end_old_runs.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/old_routes.hpp"
#include "server/old_api/old_versions.hpp"
#include "server/old_api/store_old_flow.hpp"

namespace pawl::server {
namespace {

constexpr std::uint64_t max_listed_flows = 1000;

/// The version of a flow that is stored without one.
constexpr const char* first_old_version = "1.0.0";

/// Stores a definition and answers with the version that it got. `failed`: what an error begins
/// with. `status`: of the answer, a literal.
void store_and_answer(const call_ptr& request, const std::string& name, const json& definition,
                      const std::string& version, std::string_view failed, const char* status) {
  store_old_flow(request, name, definition, version, std::string{failed},
                 [request, name, status](const flow_numbers& stored) {
                   request->answer(200, {{"flow_version_id", stored.version},
                                         {"name", name},
                                         {"version", shown_version(stored)},
                                         {"status", status}});
                 });
}

void create_old_flow(const call_ptr& request) {
  old_fields fields{request};
  const std::string name = fields.text("name");
  const json definition = fields.object("definition");
  const std::string version = fields.optional_text("version").value_or(first_old_version);
  if (fields.reject()) return;
  request->set_target(name);
  store_and_answer(request, name, definition, version, "Failed to create flow", "created");
}

/// Calls `then` with the oldest version of the flow in the path. Answers the request if there is no
/// such flow. `doing`: what an error begins with, a literal.
void with_old_flow(const call_ptr& request, std::string_view doing,
                   std::function<void(const flow_version& oldest)> then) {
  const std::string name = request->segment("name");
  request->in().flows().versions_async(
      flow_name{name}, flow_filter{1, {}},
      [request, name, doing, then = std::move(then)](const result<flow_version_page>& oldest) {
        const auto why = failure_of(oldest);
        if (!why) return then(oldest->versions.front());
        if (why->code == errc::not_found) return refuse(request, old_flow_not_found(name));
        refuse(request, doing, *why);
      });
}

constexpr std::string_view update_failed = "Failed to update flow";

void store_update(const call_ptr& request, const json& definition, const std::string& version) {
  store_and_answer(request, request->segment("name"), definition, version, update_failed,
                   "updated");
}

/// Stores the next version after the one that is started without a version.
void store_next_version(const call_ptr& request, const json& definition) {
  find_published_version(request->in(), flow_name{request->segment("name")},
                         [request, definition](const result<flow_numbers>& published) {
                           if (published) {
                             version next = published->id.version;
                             ++next.patch;
                             return store_update(request, definition, to_string(next));
                           }
                           if (published.error().code != errc::not_found)
                             return refuse(request, update_failed, published.error());
                           store_update(request, definition, first_old_version);
                         });
}

void update_old_flow(const call_ptr& request) {
  old_fields fields{request};
  const json definition = fields.object("definition");
  const auto wanted = fields.optional_text("version");
  const bool counts_on = fields.flag("auto_increment_version", true);
  if (fields.reject()) return;
  with_old_flow(request, update_failed,
                [request, definition, wanted, counts_on](const flow_version&) {
                  if (!wanted && counts_on) return store_next_version(request, definition);
                  store_update(request, definition, wanted.value_or(first_old_version));
                });
}

/// Reads when flows were created, one after the other, numbers all of them in one commit, and
/// answers with the list. A flow that is deleted meanwhile is left out.
class old_flow_list : public std::enable_shared_from_this<old_flow_list> {
 public:
  old_flow_list(call_ptr request, std::vector<flow_summary> flows, std::size_t total,
                std::stop_token withdrawn)
      : request_(std::move(request)),
        flows_(std::move(flows)),
        total_(total),
        withdrawn_(std::move(withdrawn)) {}

  void next() {
    if (at_ == flows_.size()) return number();
    const flow_summary& flow = flows_[at_++];
    request_->in().flows().versions_async(
        flow.name, flow_filter{1, {}},
        [self = shared_from_this(), &flow](const result<flow_version_page>& oldest) {
          const auto why = failure_of(oldest);
          if (!why) {
            self->latest_.push_back({flow.name, flow.published.value_or(flow.latest)});
            self->created_.push_back(oldest->versions.front().created_at);
          } else if (why->code != errc::not_found) {
            return refuse(self->request_, listing_failed, *why);
          }
          self->next();
        },
        withdrawn_);
  }

 private:
  static constexpr std::string_view listing_failed = "Failed to list flows";

  void number() {
    scope_flow_numbers{request_->in()}.number_async(
        latest_, [self = shared_from_this()](const result<std::vector<flow_numbers>>& numbers) {
          if (!numbers) return refuse(self->request_, listing_failed, numbers.error());
          self->answer(*numbers);
        });
  }

  void answer(const std::vector<flow_numbers>& latest) {
    json shown = json::array();
    for (std::size_t i = 0; i < latest.size(); ++i) {
      shown.push_back({{"flow_id", latest[i].flow},
                       {"name", latest[i].id.name.str()},
                       {"created_at", old_time(created_[i])},
                       {"latest_version", shown_version(latest[i])},
                       {"latest_version_id", latest[i].version}});
    }
    request_->answer(200, {{"flows", std::move(shown)}, {"total", total_}});
  }

  const call_ptr request_;
  const std::vector<flow_summary> flows_;
  const std::size_t total_;
  const std::stop_token withdrawn_;
  std::size_t at_ = 0;
  std::vector<flow_version_id> latest_;  ///< of each flow that is left
  std::vector<time_point> created_;      ///< beside `latest_`
};

void list_old_flows(const call_ptr& request) {
  const auto limit = old_number(request, "limit", 100, max_listed_flows);
  const auto offset = limit ? old_number(request, "offset", 0, UINT32_MAX) : std::nullopt;
  if (!offset) return;
  const std::stop_token withdrawn = request->withdrawn_with_client();
  request->in().flows().list_async(
      [request, limit = *limit, offset = *offset,
       withdrawn](const result<std::vector<flow_summary>>& flows) {
        if (!flows) return refuse(request, "Failed to list flows", flows.error());
        const std::size_t total = flows->size();
        const auto first = std::min<std::size_t>(offset, total);
        const auto end = std::min<std::size_t>(first + limit, total);
        std::vector<flow_summary> page(flows->begin() + static_cast<std::ptrdiff_t>(first),
                                       flows->begin() + static_cast<std::ptrdiff_t>(end));
        std::make_shared<old_flow_list>(request, std::move(page), total, withdrawn)->next();
      },
      withdrawn);
}

void get_old_flow(const call_ptr& request) {
  with_old_flow(request, "Failed to get flow", [request](const flow_version& oldest) {
    number_old_version(request->in(), oldest.id,
                       [request, created = oldest.created_at](const result<flow_numbers>& numbers) {
                         if (!numbers)
                           return refuse(request, "Failed to get flow", numbers.error());
                         request->answer(200, {{"flow_id", numbers->flow},
                                               {"name", numbers->id.name.str()},
                                               {"created_at", old_time(created)}});
                       });
  });
}

/// Numbers the versions of a flow, so that all are withdrawn with it, and deletes it.
void remove_numbered_flow(const scope& in, const flow_name& name, callback<void> done) {
  list_old_versions(in, name, [in, name, done](const result<std::vector<old_version>>& numbered) {
    if (!numbered) return done(numbered.error());
    in.flows().remove_async(name, done);
  });
}

void delete_old_flow(const call_ptr& request) {
  const bool force = old_flag(request, "force");
  with_old_flow(request, "Failed to delete flow", [request, force](const flow_version& oldest) {
    const flow_name name = oldest.id.name;
    end_old_runs(request, {name, std::nullopt, "flow " + name.str(), "Flow deleted", force},
                 [request, name, force] {
                   remove_numbered_flow(
                       request->in(), name, [request, name, force](const result<void>& removed) {
                         if (!removed)
                           return refuse(request, "Failed to delete flow", removed.error());
                         request->answer(
                             200,
                             {{"flow_id", name.str()}, {"status", "deleted"}, {"force", force}});
                       });
                 });
  });
}

}  // namespace

void add_old_flow_routes(router& to) {
  to.add(old_route("GET", "/api/flows", "old.flows.list", role::reader, list_old_flows,
                   {"limit", "offset"}));
  to.add(old_route("POST", "/api/flows", "old.flows.create", role::author, create_old_flow));
  to.add(old_route("GET", "/api/flows/{name}", "old.flows.get", role::reader, get_old_flow));
  to.add(old_route("PUT", "/api/flows/{name}", "old.flows.update", role::author, update_old_flow));
  to.add(old_route("DELETE", "/api/flows/{name}", "old.flows.delete", role::author, delete_old_flow,
                   {"force"}));
}

}  // namespace pawl::server
