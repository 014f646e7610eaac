// Takes the place of postgres/ in a build without libpq.
#include "persistence/postgres/postgres_store.hpp"

namespace pawl::persistence {

bool has_postgres() noexcept {
  return false;
}

result<std::unique_ptr<store>> open_postgres_store(const std::string&, const postgres_options&) {
  return error{errc::not_supported,
               "storage.url: this build of Pawl has no PostgreSQL. Install libpq-dev and build it "
               "again, or use storage.data_dir"};
}

}  // namespace pawl::persistence
