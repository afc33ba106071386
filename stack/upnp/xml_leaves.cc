#include "stack/upnp/xml_leaves.h"

#include <algorithm>
#include <array>

namespace natsim::upnp {
namespace {

struct Entity {
  char sign;
  std::string_view text;
};

constexpr std::array<Entity, 5> entities = {{
    {'&', "&amp;"},
    {'<', "&lt;"},
    {'>', "&gt;"},
    {'"', "&quot;"},
    {'\'', "&apos;"},
}};

std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const auto* const entity = std::find_if(entities.begin(), entities.end(), [&](const Entity& e) {
      return text.starts_with(e.text);
    });
    if (entity == entities.end()) {
      plain += text.front();
      text.remove_prefix(1);
    } else {
      plain += entity->sign;
      text.remove_prefix(entity->text.size());
    }
  }
  return plain;
}

// What stands behind `opening`, if the text begins with it, up to `closing`, which is taken too.
// False if it begins with it but does not close.
bool skip(std::string_view& rest, std::string_view opening, std::string_view closing) {
  if (!rest.starts_with(opening)) return true;
  const std::size_t end = rest.find(closing, opening.size());
  if (end == rest.npos) return false;
  rest.remove_prefix(end + closing.size());
  return true;
}

// The tag at the front of the text, without its brackets; nullopt if it does not close. A '>' in an
// attribute's value does not close it.
std::optional<std::string_view> take_tag(std::string_view& rest) {
  char quote = 0;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    const char c = rest[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      const std::string_view tag = rest.substr(1, at - 1);
      rest.remove_prefix(at + 1);
      return tag;
    }
  }
  return std::nullopt;
}

std::string_view local_name(std::string_view tag) {
  const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

}  // namespace

std::optional<std::vector<XmlLeaf>> xml_leaves(std::string_view document) {
  std::vector<XmlLeaf> leaves;
  std::vector<std::string_view> open;
  bool leaf = false;  // the innermost open element has no element in it
  std::string_view text;
  std::string_view rest = document;
  while (true) {
    const std::size_t tag_at = std::min(rest.find('<'), rest.size());
    text = rest.substr(0, tag_at);
    rest.remove_prefix(tag_at);
    if (rest.empty()) break;
    if (rest.starts_with("<?") || rest.starts_with("<!")) {
      const bool closed =
          rest.starts_with("<!--") ? skip(rest, "<!--", "-->") : skip(rest, rest.substr(0, 2), ">");
      if (!closed) return std::nullopt;
      leaf = false;
      continue;
    }
    const auto tag = take_tag(rest);
    if (!tag) return std::nullopt;
    if (tag->starts_with('/')) {
      const std::string_view name = local_name(tag->substr(1));
      if (open.empty() || open.back() != name) return std::nullopt;
      open.pop_back();
      if (leaf) leaves.emplace_back(name, unescaped(text));
      leaf = false;
      continue;
    }
    const std::string_view name = local_name(*tag);
    if (name.empty()) return std::nullopt;
    if (tag->ends_with('/')) {
      leaves.emplace_back(name, "");
      leaf = false;
    } else {
      open.push_back(name);
      leaf = true;
    }
  }
  if (!open.empty()) return std::nullopt;
  return leaves;
}

std::optional<std::string_view> find_leaf(const std::vector<XmlLeaf>& leaves,
                                          std::string_view name) {
  for (const auto& [leaf, text] : leaves) {
    if (leaf == name) return text;
  }
  return std::nullopt;
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto* const entity = std::find_if(entities.begin(), entities.end(),
                                            [c](const Entity& e) { return e.sign == c; });
    if (entity == entities.end()) {
      escaped += c;
    } else {
      escaped += entity->text;
    }
  }
  return escaped;
}

}  // namespace natsim::upnp
