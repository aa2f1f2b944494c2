#pragma once

#include <string>
#include <vector>

namespace parlab {

/// Rows under a head, columns aligned by two spaces: text to the left, figures to the right.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string head;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// Takes as many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;
  /// As Markdown has it, whatever the cells hold.
  std::string markdown() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Text that Markdown shows as it stands.
std::string markdown_escaped(const std::string& text);

/// The unit in which a table's times are best read, and the factor from seconds to it.
struct TimeUnit {
  const char* name;
  double per_second;
};
TimeUnit time_unit_for(const std::vector<double>& seconds);

}  // namespace parlab
