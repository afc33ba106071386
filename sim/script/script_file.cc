#include "sim/script/script_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace natsim::script {

Result<std::string> read_script(const std::string& path) {
  constexpr std::uintmax_t largest = 16'000'000;  // bytes; no script is written that long
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return Error{fmt::format("{}: no such file", path)};
  if (!std::filesystem::is_regular_file(status)) {
    return Error{fmt::format("{}: not a regular file", path)};
  }
  if (std::filesystem::file_size(path, error) > largest || error) {
    return Error{fmt::format("{}: too large for a script", path)};
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return Error{fmt::format("{}: cannot be read", path)};
  if (text.starts_with("\x1bLua")) {
    return Error{fmt::format("{}: is compiled Lua; a script must be text", path)};
  }
  if (text.starts_with('#')) text.insert(0, "--");
  return text;
}

bool lies_inside(const std::filesystem::path& folder, const std::filesystem::path& file) {
  std::error_code error;
  const auto whole_folder = std::filesystem::canonical(folder.empty() ? "." : folder, error);
  if (error) return false;
  const auto whole_file = std::filesystem::canonical(file, error);
  if (error) return false;
  return std::mismatch(whole_folder.begin(), whole_folder.end(), whole_file.begin(),
                       whole_file.end())
             .first == whole_folder.end();
}

}  // namespace natsim::script
