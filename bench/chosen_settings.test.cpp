#include "bench/chosen_settings.hpp"

#include "tests/support/catch.hpp"

using pawl::json;

TEST_CASE("the output names the settings that differ from the defaults", "[chosen_settings]") {
  pawl::settings s;
  CHECK(pawl::bench::chosen_settings(s) == json::object());
  CHECK(pawl::bench::chosen_settings_file(s).empty());
  s.storage.data_dir = "/tmp/x";
  s.storage.durability = pawl::durability::off;
  s.engine.shards = 4;
  s.server.listen = {"127.0.0.1:1"};
  CHECK(pawl::bench::chosen_settings(s) == json{{"storage.durability", "off"},
                                                {"engine.shards", 4},
                                                {"server.listen", {"127.0.0.1:1"}}});
  const std::string file = pawl::bench::chosen_settings_file(s);
  CHECK(file.find("engine.shards = 4\n") != std::string::npos);
  CHECK(file.find("storage.durability = \"off\"\n") != std::string::npos);
  CHECK(file.find("listen") == std::string::npos);
}
