#include "functions/secrets/load.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::functions;
namespace fs = std::filesystem;

namespace {

/// A private file with a text, in a folder of its own.
class secret_file {
 public:
  explicit secret_file(const std::string& text, mode_t mode = 0600) {
    char name[] = "/tmp/pawl-secrets-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    folder_ = name;
    std::ofstream{path()} << text;
    REQUIRE(::chmod(path().c_str(), mode) == 0);
  }
  secret_file(const secret_file&) = delete;
  ~secret_file() { fs::remove_all(folder_); }
  [[nodiscard]] fs::path path() const { return folder_ / "secrets.json"; }

 private:
  fs::path folder_;
};

secret_settings of_file(const fs::path& file) {
  secret_settings from;
  from.file = file;
  return from;
}

secret_settings of_command(const std::string& script) {
  secret_settings from;
  from.command = {"/bin/sh", "-c", script};
  return from;
}

}  // namespace

TEST_CASE("secrets come from a file, a program and the environment", "[secrets]") {
  const secret_file file{R"({"acme": {"A": "from file"}, "default": {"B": "b from file"}})"};
  secret_settings from = of_command(R"(echo '{"acme": {"C": "from program"}}')");
  from.file = file.path();
  from.env = {"PAWL_LOAD_TEST_D"};
  ::setenv("PAWL_LOAD_TEST_D", "from environment", 1);
  const auto loaded = load_secrets(from);
  ::unsetenv("PAWL_LOAD_TEST_D");
  REQUIRE(loaded);
  CHECK(*loaded ==
        secrets_by_scope{
            {"acme", {{"A", "from file"}, {"C", "from program"}}},
            {"default", {{"B", "b from file"}, {"PAWL_LOAD_TEST_D", "from environment"}}}});
  CHECK(load_secrets({})->empty());
}

TEST_CASE("a file that others can read is refused", "[secrets]") {
  const secret_file file{R"({"acme": {"A": "from file"}})", 0644};
  const auto loaded = load_secrets(of_file(file.path()));
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.find("chmod 600") != std::string::npos);
}

TEST_CASE("a wrong document is refused without its text", "[secrets]") {
  for (const char* wrong :
       {"", "hunter22", "[1]", R"({"acme": "hunter22"})", R"({"acme": {"A": 17}})",
        R"({"acme": {"A": "hun"}})", R"({"ac me": {"A": "hunter22"}})",
        R"({"acme": {"A b": "hunter22"}})", R"({"acme": {"A": "hunter22"}, "acme": {}})",
        R"({"acme": {"A": "hunter22")", R"({"acme": {"A": {"b": "hunter22"}}})"}) {
    const secret_file file{wrong};
    const auto loaded = load_secrets(of_file(file.path()));
    INFO(wrong);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == errc::invalid_argument);
    CHECK(loaded.error().message.find("hunter22") == std::string::npos);
    CHECK(loaded.error().message.find(file.path().string()) != std::string::npos);
  }
}

TEST_CASE("a program that fails is an error without its output", "[secrets]") {
  for (const char* script : {"echo hunter22; exit 3", "echo hunter22 >&2; kill -9 $$"}) {
    const auto loaded = load_secrets(of_command(script));
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().message.find("/bin/sh failed") != std::string::npos);
    CHECK(loaded.error().message.find("hunter22") == std::string::npos);
  }
  secret_settings relative;
  relative.command = {"sh"};
  CHECK(load_secrets(relative).error().message.find("absolute path") != std::string::npos);
}

TEST_CASE("a missing file or variable, and a secret of two sources, are errors", "[secrets]") {
  CHECK(load_secrets(of_file("/nonexistent/secrets")).error().code == errc::not_found);
  secret_settings from;
  from.env = {"PAWL_LOAD_TEST_MISSING"};
  CHECK(load_secrets(from).error().message.find("PAWL_LOAD_TEST_MISSING") != std::string::npos);
  const secret_file file{R"({"acme": {"A": "from file"}})"};
  secret_settings twice = of_command(R"(echo '{"acme": {"A": "from program"}}')");
  twice.file = file.path();
  CHECK(load_secrets(twice).error().message.find("another source") != std::string::npos);
}
