#include <pawl/step_data.hpp>

#include <string>
#include <utility>

namespace pawl {

step_data::step_data(std::shared_ptr<const json> base, std::shared_ptr<const json> writes) noexcept
    : base_(std::move(base)), writes_(std::move(writes)) {
  if (writes_ && writes_->empty()) writes_ = nullptr;
}

const json* step_data::find(std::string_view key) const {
  for (const auto* const layer : {writes_.get(), base_.get()}) {
    if (layer == nullptr) continue;
    if (const auto found = layer->find(key); found != layer->end()) return &*found;
  }
  return nullptr;
}

const std::shared_ptr<const json>& step_data::share() const {
  if (!base_) base_ = std::make_shared<const json>(json::object());
  if (writes_) {
    auto made = std::make_shared<json>(*base_);
    for (const auto& [key, value] : writes_->items()) (*made)[key] = value;
    base_ = std::move(made);
    writes_ = nullptr;
  }
  return base_;
}

}  // namespace pawl
