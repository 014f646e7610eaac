#include <algorithm>
#include <utility>

#include <pawl/code_ref.hpp>

#include "server/http/ascii.hpp"
#include "server/security/caller.hpp"
#include "server/security/origin.hpp"

namespace pawl::server {
namespace {

/// A Host without its port, and without the brackets of an IPv6 address.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  return host.substr(0, host.find(':'));
}

bool names_this_machine(std::string_view host) {
  const std::string_view name = host_name(host);
  const bool digits_only = std::all_of(name.begin(), name.end(),
                                       [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return http::ascii_iequals(name, "localhost") || name == "::1" ||
         (name.starts_with("127.") && digits_only);
}

class open_authenticator final : public authenticator {
 public:
  explicit open_authenticator(std::vector<std::string> trusted) : trusted_(std::move(trusted)) {}

  std::variant<caller, problem> authenticate(const http::request& request) override {
    if (!request.loopback) {
      return problem{problem_code::forbidden,
                     "this server has no keys and accepts only local requests; `pawl keys add` "
                     "creates a key"};
    }
    const auto host = request.fields.find("Host").value_or("");
    if (request.peer != "unix" && !names_this_machine(host)) {
      return problem{problem_code::forbidden,
                     "this server has no keys and does not accept the host name " +
                         pawl::quoted(host) + "; use localhost or 127.0.0.1"};
    }
    if (const auto origin = request.fields.find("Origin");
        origin && !is_own_origin(*origin, host) && !is_trusted(*origin)) {
      return problem{problem_code::forbidden, "the origin " + pawl::quoted(*origin) +
                                                  " is not allowed; see server.cors_origins"};
    }
    auto in = scope_of(request);
    if (!in) return problem_of(in.error());
    caller local{request.peer, role::admin, *std::move(in), true};
    local.scopes = {"*"};
    return local;
  }

 private:
  [[nodiscard]] bool is_trusted(std::string_view origin) const {
    return std::any_of(trusted_.begin(), trusted_.end(), [&](const std::string& each) {
      return each == "*" || http::ascii_iequals(each, origin);
    });
  }

  const std::vector<std::string> trusted_;
};

}  // namespace

std::string_view to_string(role r) noexcept {
  switch (r) {
    case role::reader:
      return "reader";
    case role::operator_role:
      return "operator";
    case role::author:
      return "author";
    case role::admin:
      return "admin";
  }
  return "";
}

result<scope_name> scope_of(const http::request& request) {
  const auto named = request.fields.find("Pawl-Scope");
  if (!named) return default_scope();
  auto parsed = parse_scope_name(*named);
  if (!parsed) return error{errc::invalid_argument, "Pawl-Scope: " + parsed.error().message};
  return parsed;
}

std::unique_ptr<authenticator> make_open_authenticator(std::vector<std::string> trusted_origins) {
  return std::make_unique<open_authenticator>(std::move(trusted_origins));
}

}  // namespace pawl::server
