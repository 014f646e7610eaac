#include "server/old_api/old_versions.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace pawl::server {
namespace {

constexpr std::size_t max_versions_per_page = 1000;

error no_such_old_version(const flow_name& flow, const std::string& text) {
  return {errc::not_found, "no such version: " + flow.str() + "@" + text};
}

/// Passes a version on unless clients have deleted it.
callback<flow_numbers> unless_withdrawn(callback<flow_numbers> done) {
  return [done = std::move(done)](result<flow_numbers> found) {
    if (found && found->withdrawn)
      return done(no_such_old_version(found->id.name, shown_version(*found)));
    done(std::move(found));
  };
}

/// The flow and the version in a text; none if it cannot be cut.
std::optional<std::pair<std::string, std::string>> split_flow_version(const std::string& text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (auto cut = text.rfind('-'); cut != text.npos && cut > 0; cut = text.rfind('-', cut - 1)) {
    const std::string rest = text.substr(cut + 1);
    if (!rest.empty() && is_digit(rest.front()) && rest.find('.') != rest.npos)
      return std::pair{text.substr(0, cut), rest};
  }
  const auto cut = text.rfind('-');
  if (cut == text.npos || cut == 0) return std::nullopt;
  const std::string rest = text.substr(cut + 1);
  if (rest.empty() || !std::all_of(rest.begin(), rest.end(), is_digit)) return std::nullopt;
  return std::pair{text.substr(0, cut), rest};
}

/// Lists the versions of a flow page by page: each page has their definitions, which may be large.
class old_version_list : public std::enable_shared_from_this<old_version_list> {
 public:
  old_version_list(scope in, flow_name flow, callback<std::vector<old_version>> done,
                   std::stop_token withdrawn)
      : in_(std::move(in)),
        flow_(std::move(flow)),
        done_(std::move(done)),
        withdrawn_(std::move(withdrawn)) {}

  void read(std::string cursor) {
    in_.flows().versions_async(
        flow_, flow_filter{max_versions_per_page, std::move(cursor)},
        [self = shared_from_this()](const result<flow_version_page>& page) {
          if (const auto why = failure_of(page)) return self->done_(*why);
          self->add(*page);
        },
        withdrawn_);
  }

 private:
  void add(const flow_version_page& page) {
    std::vector<flow_version_id> ids;
    const std::size_t first = versions_.size();
    for (const auto& each : page.versions) {
      ids.push_back(each.id);
      versions_.push_back({{}, each.published, each.created_at});
    }
    scope_flow_numbers{in_}.number_async(
        std::move(ids), [self = shared_from_this(), first,
                         next = page.next](result<std::vector<flow_numbers>> numbers) {
          if (!numbers) return self->done_(numbers.error());
          for (std::size_t i = 0; i < numbers->size(); ++i)
            self->versions_[first + i].numbers = std::move((*numbers)[i]);
          if (!next.empty()) return self->read(next);
          std::erase_if(self->versions_, [](const old_version& v) { return v.numbers.withdrawn; });
          self->done_(std::move(self->versions_));
        });
  }

  const scope in_;
  const flow_name flow_;
  const callback<std::vector<old_version>> done_;
  const std::stop_token withdrawn_;
  std::vector<old_version> versions_;
};

}  // namespace

std::string shown_version(const flow_numbers& numbers) {
  return numbers.label.empty() ? to_string(numbers.id.version) : numbers.label;
}

std::optional<version> plain_version(const std::string& text) {
  if (std::count(text.begin(), text.end(), '.') != 2) return std::nullopt;
  const auto parsed = parse_version(text);
  return parsed ? std::optional{*parsed} : std::nullopt;
}

std::optional<error> failure_of(const result<flow_version_page>& page) {
  if (!page) return page.error();
  if (page->damaged.empty()) return std::nullopt;
  return error{errc::corrupt, page->damaged.front()};
}

void list_old_versions(const scope& in, const flow_name& flow,
                       callback<std::vector<old_version>> done, std::stop_token withdrawn) {
  std::make_shared<old_version_list>(in, flow, std::move(done), std::move(withdrawn))->read("");
}

void number_old_version(const scope& in, const flow_version_id& id, callback<flow_numbers> done) {
  scope_flow_numbers{in}.number_async(
      {id}, [done = std::move(done)](result<std::vector<flow_numbers>> numbers) {
        if (!numbers) return done(numbers.error());
        done(std::move(numbers->front()));
      });
}

void find_published_version(const scope& in, const flow_name& flow, callback<flow_numbers> done) {
  in.flows().get_async(
      flow, std::nullopt,
      [in, done = unless_withdrawn(std::move(done))](const result<flow_version>& of) {
        if (!of) return done(of.error());
        number_old_version(in, of->id, done);
      });
}

void find_old_version(const scope& in, const flow_name& flow, const std::string& text,
                      callback<flow_numbers> done) {
  scope_flow_numbers{in}.find_label_async(
      flow, text,
      [in, flow, text, done = unless_withdrawn(std::move(done))](result<flow_numbers> labelled) {
        const bool is_unknown = !labelled && labelled.error().code == errc::not_found;
        if (!is_unknown) return done(std::move(labelled));
        const auto numbers = parse_version(text);
        if (!numbers) return done(no_such_old_version(flow, text));
        in.flows().get_async(flow, *numbers, [in, done](result<flow_version> of) {
          if (!of) return done(of.error());
          number_old_version(in, of->id, done);
        });
      });
}

void find_flow_or_version(const scope& in, const std::string& text,
                          std::function<void(const flow_or_version& found)> done) {
  find_published_version(in, flow_name{text},
                         [in, text, done = std::move(done)](result<flow_numbers> whole) {
                           const auto parts = whole ? std::nullopt : split_flow_version(text);
                           if (!parts) return done({text, "", std::move(whole)});
                           find_old_version(in, flow_name{parts->first}, parts->second,
                                            [parts = *parts, done](result<flow_numbers> found) {
                                              done({parts.first, parts.second, std::move(found)});
                                            });
                         });
}

}  // namespace pawl::server
