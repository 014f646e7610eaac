#include <algorithm>

#include <pawl/code_ref.hpp>

#include "server/api/call.hpp"
#include "server/api/console_files.hpp"
#include "server/api/routes.hpp"
#include "server/http/content_coding.hpp"

namespace pawl::server {
namespace {

/// Files of the console are not larger than this.
constexpr std::size_t max_file_bytes = std::size_t{16} << 20;

/// No inline scripts and styles, and no requests to other servers.
constexpr std::string_view console_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

constexpr std::string_view page_without_console =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Pawl</title>"
    "<h1>This build has no web console</h1><p>To get it, run "
    "<code>scripts/setup --console</code>, which needs Node.js 20.19 or newer, and build Pawl "
    "again "
    "with <code>-DPAWL_CONSOLE=ON</code>.<p>The <a href=../docs>API</a> and the program "
    "<code>pawl</code> have the same functions.";

constexpr std::string_view page_of_disabled_console =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Pawl</title>"
    "<h1>The web console is disabled</h1><p>The setting <code>server.console</code> of this server "
    "is <code>false</code>; set it to <code>true</code> and restart the server.<p>The "
    "<a href=../docs>API</a> and the program <code>pawl</code> have the same functions.";

http::fields console_fields(std::string_view type) {
  return {{"Content-Type", std::string{type}},
          {"Content-Security-Policy", std::string{console_policy}}};
}

void send_console_file(const call_ptr& request, const console_file& file) {
  http::fields fields = console_fields(file.type);
  fields.add("ETag", std::string{file.etag});
  fields.add("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  fields.add("Vary", "Accept-Encoding");
  const auto& asked = request->request().fields;
  if (has_tag(asked.find("If-None-Match").value_or(""), file.etag))
    return request->send({304, std::move(fields), {}}, "ok");
  if (http::accepts_gzip(asked.find("Accept-Encoding").value_or(""))) {
    fields.add("Content-Encoding", "gzip");
    return request->send({200, std::move(fields), std::string{file.gzip}}, "ok");
  }
  auto plain = http::decompress(file.gzip, http::coding::gzip, max_file_bytes);
  if (!plain) return request->fail(plain.error());
  request->send({200, std::move(fields), *std::move(plain)}, "ok");
}

void send_missing_console(const call_ptr& request, std::string_view page) {
  request->send({404, console_fields("text/html; charset=utf-8"), std::string{page}}, "ok");
}

void send_console_name(const call_ptr& request, std::string_view name) {
  const auto files = console_files();
  if (files.empty()) return send_missing_console(request, page_without_console);
  const auto found = std::lower_bound(
      files.begin(), files.end(), name,
      [](const console_file& file, std::string_view wanted) { return file.name < wanted; });
  if (found == files.end() || found->name != name) {
    return request->fail(problem{problem_code::not_found,
                                 "the console has no file " + pawl::quoted(std::string{name})});
  }
  send_console_file(request, *found);
}

void get_console_page(const call_ptr& request) {
  send_console_name(request, "");
}

void get_console_file(const call_ptr& request) {
  send_console_name(request, request->segment("file"));
}

/// The page needs its slash: its files are beside it. Relative, so it works below any prefix.
void add_console_slash(const call_ptr& request) {
  request->send({308, {{"Location", "ui/"}}, {}}, "ok");
}

void explain_disabled_console(const call_ptr& request) {
  send_missing_console(request, page_of_disabled_console);
}

/// Sends browsers to the console. Others find nothing here.
void get_root(const call_ptr& request) {
  const std::string accept{request->request().fields.find("Accept").value_or("")};
  if (accept.find("text/html") == accept.npos)
    return request->fail(problem{problem_code::not_found, "no such endpoint: /. See /docs"});
  request->send({302, {{"Location", "ui/"}, {"Vary", "Accept"}}, {}}, "ok");
}

}  // namespace

void add_console_routes(router& to, bool enabled) {
  to.add(get_route("/ui", "console.slash", std::nullopt, add_console_slash).producing("text/html"));
  to.add(get_route("/ui/", "console.page", std::nullopt,
                   enabled ? get_console_page : explain_disabled_console)
             .producing("text/html"));
  if (!enabled) return;
  to.add(get_route("/ui/{file}", "console.file", std::nullopt, get_console_file)
             .producing("text/javascript"));
}

void add_root_route(router& to) {
  to.add(get_route("/", "console.root", std::nullopt, get_root).producing("*/*"));
}

}  // namespace pawl::server
