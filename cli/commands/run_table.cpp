#include "cli/commands/run_table.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "cli/clock.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/view/columns.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t gap = 2;
/// Widths to which columns are truncated on a terminal.
constexpr std::size_t small_id = 13, small_text = 20, least_text = 8;

class run_table {
 public:
  run_table(session& s, const std::vector<run_column>& columns,
            const std::vector<run_summary>& runs)
      : session_(s), columns_(columns), runs_(runs) {
    const time_point now = wall_clock();
    for (const auto& run : runs) {
      std::vector<std::string>& row = rows_.emplace_back();
      for (const auto& each : columns) row.push_back(each.text(run, now));
    }
    measure();
  }

  void print() {
    std::vector<std::string> heads;
    for (const auto& each : columns_) heads.push_back(each.heading);
    session_.out().line(session_.style().paint(tint::dim, line_of(heads, nullptr)));
    for (std::size_t i = 0; i < rows_.size(); ++i)
      session_.out().line(line_of(rows_[i], &runs_[i]));
    if (!shortens_ids_) return;
    session_.out().line(
        session_.style().paint(tint::dim, "IDs are shortened; --json prints them in full."));
  }

 private:
  [[nodiscard]] bool is_last(std::size_t i) const { return i + 1 == columns_.size(); }

  void measure() {
    std::vector<column> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const run_column& each = columns_[i];
      std::size_t width = each.width;
      bool has_text = false;
      for (const auto& row : rows_) {
        width = std::max(width, display_width(row[i]));
        has_text = has_text || !row[i].empty();
      }
      shows_last_ = has_text || !each.optional;
      if (!is_last(i) || shows_last_) width = std::max(width, display_width(each.heading));
      widths.push_back({width, each.shrinks ? each.name == "id" ? small_id : small_text : width,
                        each.shrinks ? least_text : width});
    }
    for (const auto& each : widths) widths_.push_back(each.wanted);
    if (!session_.screen().live) return;
    const std::size_t taken = gap * (columns_.size() - 1) + 1;  // the last column stays free
    const std::size_t room = session_.screen().size().columns;
    widths_ = fit_columns(widths, room > taken ? room - taken : 0);
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].name == "id" && widths_[i] < widths[i].wanted) shortens_ids_ = true;
  }

  /// `run`: null for the headings.
  [[nodiscard]] std::string line_of(const std::vector<std::string>& texts,
                                    const run_summary* run) const {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool is_left_out = run == nullptr ? !shows_last_ : texts[i].empty();
      if (is_last(i) && columns_[i].optional && is_left_out) break;
      if (i > 0) line += std::string(gap, ' ');
      line += cell(i, texts[i], run);
    }
    return line;
  }

  [[nodiscard]] std::string cell(std::size_t i, const std::string& text,
                                 const run_summary* run) const {
    const run_column& column = columns_[i];
    const auto dots = session_.style().ellipsis();
    const bool is_id = column.name == "id" && run != nullptr;
    std::string fitting = is_id          ? fit_middle(text, widths_[i], dots)
                          : text.empty() ? "-"
                                         : fit(text, widths_[i], dots);
    if (column.right) {
      fitting = pad_left(std::move(fitting), widths_[i]);
    } else if (!is_last(i)) {
      fitting = pad(std::move(fitting), widths_[i]);
    }
    if (column.name != "status" || run == nullptr) return fitting;
    return session_.style().paint(tint_of(run->status), fitting);
  }

  session& session_;
  const std::vector<run_column>& columns_;
  const std::vector<run_summary>& runs_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
  bool shows_last_ = false;  ///< the last column, for some run
  bool shortens_ids_ = false;
};

}  // namespace

void print_run_table(session& s, const std::vector<run_column>& columns,
                     const std::vector<run_summary>& runs) {
  run_table{s, columns, runs}.print();
}

}  // namespace pawl::cli
