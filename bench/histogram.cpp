#include "bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pawl::bench {
namespace {

constexpr unsigned precision = 6;  // 2^6 buckets between two powers of two
constexpr std::uint64_t linear = std::uint64_t{1} << (precision + 1);  // below: one value each

/// The values from 2^(6 + s) to 2^(7 + s) have 64 buckets, each 2^s wide.
std::size_t index_of(std::uint64_t value) {
  if (value < linear) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - precision - 1;
  return (static_cast<std::size_t>(shift) << precision) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t upper_of(std::size_t index) {
  if (index < linear) return index;
  const auto shift = static_cast<unsigned>(index >> precision) - 1;
  const std::uint64_t top = index - (static_cast<std::uint64_t>(shift) << precision);
  return (top << shift) + (std::uint64_t{1} << shift) - 1;
}

double microseconds(std::uint64_t ns) {
  return std::round(static_cast<double>(ns) / 10) / 100;
}

}  // namespace

void histogram::add(std::uint64_t value) {
  const std::size_t index = index_of(value);
  if (index >= counts_.size()) counts_.resize(index + 1);
  ++counts_[index];
  ++count_;
  max_ = std::max(max_, value);
}

void histogram::merge(const histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t histogram::quantile(double share) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_) - 1e-9));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted && counts_[i] > 0) return std::min(upper_of(i), max_);
  }
  return max_;
}

std::vector<histogram::bucket> histogram::buckets() const {
  std::vector<bucket> all;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] > 0) all.push_back({upper_of(i), counts_[i]});
  return all;
}

json latency_to_json(const histogram& of_ns) {
  json buckets = json::array();
  for (const auto& each : of_ns.buckets())
    buckets.push_back({microseconds(each.upper), each.count});
  return {{"count", of_ns.count()},
          {"p50", microseconds(of_ns.quantile(0.5))},
          {"p90", microseconds(of_ns.quantile(0.9))},
          {"p99", microseconds(of_ns.quantile(0.99))},
          {"p99_9", microseconds(of_ns.quantile(0.999))},
          {"max", microseconds(of_ns.max())},
          {"buckets", std::move(buckets)}};
}

}  // namespace pawl::bench
