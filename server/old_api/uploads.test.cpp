#include "server/old_api/uploads.hpp"

#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "runtime/run_uploads.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

/// A folder that does not exist yet, deleted at the end.
struct new_folder {
  new_folder()
      : path(std::filesystem::temp_directory_path() /
             ("pawl-uploads-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path);
  }
  ~new_folder() { std::filesystem::remove_all(path); }
  const std::filesystem::path path;
};

const run_key one_run{scope_name{"one"}, run_id{"a/b"}};
const run_key other_run{scope_name{"other"}, run_id{"r"}};

/// Whether there is room for one more file.
bool has_room(upload_folder& uploads, const run_key& of, std::size_t bytes) {
  const auto saved = uploads.save(of, "a", std::string(bytes, 'x'));
  if (!saved) CHECK(saved.error().code == errc::storage_full);
  return saved.has_value();
}

std::string text_of_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("an uploaded file gets a name that its sender does not choose", "[uploads]") {
  const new_folder folder;
  upload_folder uploads{folder.path / "deep" / "", 1000};
  const auto first = uploads.save(one_run, "../../prices.csv", "a,b");
  const auto second = uploads.save(one_run, "../../prices.csv", "c,d");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->parent_path() == uploads_of(folder.path / "deep", one_run));
  CHECK(first->parent_path().parent_path() == folder.path / "deep" / "one");
  CHECK(first->extension() == ".csv");
  CHECK(*first != *second);
  CHECK(text_of_file(*first) == "a,b");
  CHECK(text_of_file(*second) == "c,d");
  using perms = std::filesystem::perms;
  CHECK(std::filesystem::status(*first).permissions() == (perms::owner_read | perms::owner_write));
  for (const auto& each :
       {folder.path, folder.path / "deep", folder.path / "deep" / "one", first->parent_path()})
    CHECK(std::filesystem::status(each).permissions() == perms::owner_all);
}

TEST_CASE("only harmless extensions are kept", "[uploads]") {
  CHECK(upload_folder::harmless_extension("a.tar.gz") == ".gz");
  for (const char* const name :
       {"a", "a.", "a.b/c", "a.\xe4\xb8\xad", "a.b c", "..", "/", "", "a.abcdefghijklmnopq"})
    CHECK(upload_folder::harmless_extension(name).empty());
}

TEST_CASE("no scope can take the whole folder of uploads", "[uploads]") {
  const new_folder folder;
  upload_folder uploads{folder.path, 30};
  CHECK_FALSE(has_room(uploads, one_run, 31));
  CHECK(has_room(uploads, one_run, 10));
  CHECK_FALSE(has_room(uploads, one_run, 6));
  CHECK(has_room(uploads, one_run, 5));  // as much as is free
  CHECK_FALSE(has_room(uploads, one_run, 1));
  CHECK(has_room(uploads, other_run, 7));
  upload_folder opened_again{folder.path, 30};
  CHECK_FALSE(has_room(opened_again, one_run, 1));
  CHECK(has_room(opened_again, other_run, 0));
}

TEST_CASE("a full folder of uploads is counted again, because operators delete files",
          "[uploads]") {
  const new_folder folder;
  upload_folder uploads{folder.path, 30};
  const auto first = uploads.save(one_run, "a", std::string(15, 'x'));
  REQUIRE(first);
  std::filesystem::remove(*first);
  CHECK(has_room(uploads, one_run, 15));
}

TEST_CASE("the files of a form that is not kept are deleted", "[uploads]") {
  const new_folder folder;
  const auto uploads = std::make_shared<upload_folder>(folder.path, 30);
  CHECK_FALSE(has_room(*uploads, one_run, 31));  // it is not counted again soon
  std::filesystem::path dropped;
  std::filesystem::path kept;
  for (auto* const file : {&dropped, &kept}) {
    form_files files{uploads, one_run};
    const auto saved = files.save("a", std::string(15, 'x'));
    REQUIRE(saved);  // the bytes of the first one were given back
    *file = *saved;
    if (file == &kept) files.keep();
    CHECK(std::filesystem::exists(*file));
  }
  CHECK_FALSE(std::filesystem::exists(dropped));
  CHECK(kept.parent_path() == dropped.parent_path());
  CHECK(std::filesystem::exists(kept));
}
