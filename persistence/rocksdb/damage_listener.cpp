#include "persistence/rocksdb/damage_listener.hpp"

namespace pawl::persistence::rocks {

void damage_listener::OnBackgroundError(rocksdb::BackgroundErrorReason reason,
                                        rocksdb::Status* status) {
  if (reason != rocksdb::BackgroundErrorReason::kCompaction || !status->IsCorruption()) return;
  const std::string text = status->ToString();
  *status = rocksdb::Status::OK();  // nothing was written: the tables are as before
  {
    const std::lock_guard lock{mutex_};
    if (text == last_) return;
    last_ = text;
  }
  found_.store(true, std::memory_order_release);
  if (report_) report_(text);
}

}  // namespace pawl::persistence::rocks
