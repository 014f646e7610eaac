// A small order service: charges the card, reserves the goods (and restocks until there are enough)
// and ships by air or by road. Run it with a folder as its argument and kill it at any time: the
// next start resumes the unfinished orders.
#include <pawl/engine.hpp>

#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <string>

using namespace std::chrono_literals;
using pawl::json;

namespace {

const char* const order_flow = R"({
  "name": "order",
  "nodes": [
    {"id": "charge", "type": "task", "data": {"code_ref": "orders.charge",
      "with": {"card": {"var": "card"}, "amount": {"var": "amount"}}}},
    {"id": "reserve", "type": "task", "data": {"code_ref": "orders.reserve", "max_visits": 5,
      "with": {"item": {"var": "item"}, "count": {"var": "count"}}}},
    {"id": "restock", "type": "task", "data": {"code_ref": "orders.restock",
      "with": {"item": {"var": "item"}}}},
    {"id": "is_urgent", "type": "condition", "data": {"expr": {"var": "urgent"}}},
    {"id": "by_air", "type": "task", "data": {"code_ref": "orders.ship", "args": {"by": "air"}}},
    {"id": "by_road", "type": "task", "data": {"code_ref": "orders.ship", "args": {"by": "road"}}}
  ],
  "edges": [
    {"source": "charge", "target": "reserve"},
    {"source": "reserve", "target": "is_urgent", "data": {"when": {"var": "reserved"}}},
    {"source": "reserve", "target": "restock"},
    {"source": "restock", "target": "reserve"},
    {"source": "is_urgent", "target": "by_air", "data": {"when": true}},
    {"source": "is_urgent", "target": "by_road", "data": {"when": false}}
  ]
})";

/// The outside world. Its calls take an idempotency key, so that a request that is repeated (a step
/// can run again after a crash) has its effect once.
class warehouse {
 public:
  void charge(const std::string& key, int cents) {
    const std::lock_guard lock{mutex_};
    if (charges_.insert(key).second) earned_ += cents;
  }
  bool reserve(const std::string& key, const std::string& item, int count) {
    const std::lock_guard lock{mutex_};
    if (reservations_.contains(key)) return true;
    if (stock_[item] < count) return false;
    stock_[item] -= count;
    return reservations_.insert(key).second;
  }
  void restock(const std::string& item) {
    const std::lock_guard lock{mutex_};
    stock_[item] += 2;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> charges_, reservations_;
  std::map<std::string, int> stock_;
  int earned_ = 0;
};

int fail(const pawl::error& why) {
  std::cerr << why.message << '\n';
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  warehouse world;
  const auto charge = [&](const std::string& card, int amount,
                          pawl::step_context& step) -> pawl::result<json> {
    if (card == "expired") return pawl::fail("card_declined", "the card has expired");
    world.charge(step.idempotency_key(), amount);
    return json{{"paid", amount}};
  };
  const auto reserve = [&](const std::string& item, int wanted, pawl::step_context& step) {
    return json{{"reserved", world.reserve(step.run().id.str(), item, wanted)}};
  };
  const auto restock = [&](const std::string& item) { world.restock(item); };
  const auto ship = [](const std::string& by) -> json { return {{"shipped_by", by}}; };

  pawl::settings settings;
  if (count > 1) settings.storage.data_dir = arguments[1];  // otherwise in memory
  pawl::engine engine{settings};
  auto functions = engine.functions();
  if (!functions.add("orders.charge", pawl::arguments("card", "amount"), charge) ||
      !functions.add("orders.reserve", pawl::arguments("item", "count"), reserve) ||
      !functions.add("orders.restock", pawl::arguments("item"), restock) ||
      !functions.add("orders.ship", pawl::arguments("by"), ship))
    return 1;
  if (const auto opened = engine.open(); !opened) return fail(opened.error());
  if (const auto stored = engine.flows().put_text(order_flow); !stored) return fail(stored.error());

  const json order = {{"card", "1234"}, {"amount", 42}, {"item", "pawl"}, {"count", 3}};
  // The key makes the start idempotent: an order is never started twice.
  const auto done = engine.start_and_wait("order", order, 30s, {.key = "order-1001"});
  if (!done) return fail(done.error());
  const auto text = [](const pawl::run_view& run) {
    return std::string{to_string(run.summary.status)} + ", " +
           (run.summary.error ? run.summary.error->message
                              : "shipped by " + run.data.value("shipped_by", "nobody"));
  };
  std::cout << done->summary.key.id.str() << ": " << text(*done) << '\n';

  const auto refused = engine.start_and_wait("order", {{"card", "expired"}, {"amount", 1}}, 30s);
  if (!refused) return fail(refused.error());
  std::cout << "another one: " << text(*refused) << '\n';
  return done->summary.status == pawl::run_status::completed ? 0 : 1;
}
