// The outcomes that a file's scenarios are to have, in a text file beside it: "call.golden" beside
// "call.lua". Each scenario that asks for it has a section, under a line "=== NAME".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/result.h"

namespace natsim::suite {

class GoldenFile {
 public:
  // Of the scenario file `path`. One that is not there has no sections. The error says what is
  // wrong with it, with the line.
  static Result<GoldenFile> read(const std::string& path);
  // The same of a text; `path` is its own.
  static Result<GoldenFile> parse(std::string path, std::string_view text);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Without its last line's end.
  [[nodiscard]] std::optional<std::string_view> section(std::string_view scenario) const;
  [[nodiscard]] std::vector<std::string> scenarios() const;
  [[nodiscard]] std::string text() const;

  void set(const std::string& scenario, std::string text);
  void remove(std::string_view scenario);
  // Whole or not at all; without a section there is no file. The error says why it cannot.
  [[nodiscard]] std::optional<Error> write() const;

 private:
  struct Section {
    std::string scenario;
    std::string text;  // without its last line's end
  };

  std::string path_;
  std::vector<Section> sections_;
};

}  // namespace natsim::suite
