#include "server/old_api/store_old_flow.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include <pawl/code_ref.hpp>

#include "flow/definition/old_form.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_versions.hpp"

namespace pawl::server {
namespace {

/// A store under way: the version that was asked for, then the next free one.
struct storing : std::enable_shared_from_this<storing> {
  storing(call_ptr of, flow_name name, json what, std::string version_text, std::string prefix,
          std::function<void(const flow_numbers&)> then)
      : request(std::move(of)),
        flow(std::move(name)),
        definition(std::move(what)),
        wanted(std::move(version_text)),
        doing(std::move(prefix)),
        done(std::move(then)) {}

  void begin() {
    scope_flow_numbers{request->in()}.find_label_async(
        flow, wanted, [self = shared_from_this()](const result<flow_numbers>& labelled) {
          if (!labelled && labelled.error().code != errc::not_found)
            return refuse(self->request, self->doing, labelled.error());
          self->is_label = labelled || !self->plain;
          self->is_known_label = labelled.has_value();
          self->put(labelled ? labelled->id.version : self->plain);
        });
  }

  /// `as`: none: the latest version if it has the same definition, else the next one.
  void put(std::optional<version> as) {
    put_flow_options options;
    options.version = as;
    request->in().flows().put_async(
        definition, options,
        [self = shared_from_this(), is_named = as.has_value()](const result<flow_stored>& stored) {
          const bool is_taken = !stored && stored.error().code == errc::already_exists;
          if (is_taken && is_named) return self->put_other();
          if (!stored) return refuse(self->request, self->doing, stored.error());
          self->log_dropped(stored->warnings);
          // A new text for a definition that is stored already is another version.
          if (self->is_label && !self->is_known_label && !stored->created)
            return self->put_after(stored->id.version);
          self->set_label(stored->id);
        });
  }

  /// Stores the same definition once more, under the next number after `taken`.
  void put_after(const version& taken) { put(version{taken.major, taken.minor, taken.patch + 1}); }

  /// The version that was asked for has another definition. If it was deleted, its text is free: it
  /// becomes the label of the next one.
  void put_other() {
    if (is_label) return put({});
    number_old_version(request->in(), {flow, *plain},
                       [self = shared_from_this()](const result<flow_numbers>& numbers) {
                         if (!numbers) return refuse(self->request, self->doing, numbers.error());
                         self->is_label = numbers->withdrawn;
                         self->put({});
                       });
  }

  /// Says what was left out: the answers of the previous engine have no place for it.
  void log_dropped(const std::vector<diagnostic>& warnings) const {
    for (const auto& each : warnings)
      if (flow::is_of_old_form(each))
        request->with().log->warn("flow {}: {}", pawl::quoted(flow.str()), each.message);
  }

  /// Gives the version its label, and brings back one that was deleted.
  void set_label(const flow_version_id& id) {
    flow_numbers_change change{id, is_label ? wanted : "", false};
    scope_flow_numbers{request->in()}.change_async(
        change, [self = shared_from_this(), id](const result<flow_numbers>& numbers) {
          if (numbers) return self->done(*numbers);
          switch (numbers.error().code) {
            case errc::conflict:
              // Another client has given the version another label meanwhile.
              return self->put_after(id.version);
            case errc::already_exists:
            case errc::invalid_argument:
              // Another version has the label, or it is invalid.
              return self->keep_without_label(id);
            default:
              return refuse(self->request, self->doing, numbers.error());
          }
        });
  }

  /// The version is known by its numbers only.
  void keep_without_label(const flow_version_id& id) {
    scope_flow_numbers{request->in()}.change_async(
        {id, "", false}, [self = shared_from_this()](const result<flow_numbers>& numbers) {
          if (!numbers) return refuse(self->request, self->doing, numbers.error());
          self->done(*numbers);
        });
  }

  const call_ptr request;
  const flow_name flow;
  const json definition;
  const std::string wanted;
  const std::optional<version> plain = plain_version(wanted);  ///< `wanted`, if it has that form
  bool is_label = false;        ///< `wanted` names the version by its label, not by its numbers
  bool is_known_label = false;  ///< a version has it
  const std::string doing;
  const std::function<void(const flow_numbers&)> done;
};

}  // namespace

void store_old_flow(const call_ptr& request, const std::string& name, const json& stored_form,
                    const std::string& wanted, std::string doing,
                    std::function<void(const flow_numbers& stored)> done) {
  json definition = flow::marked_as_old_form(stored_form);
  if (definition.is_object()) definition["name"] = name;
  std::make_shared<storing>(request, flow_name{name}, std::move(definition), wanted,
                            std::move(doing), std::move(done))
      ->begin();
}

}  // namespace pawl::server
