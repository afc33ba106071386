// Reading the XML documents of UPnP.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace natsim::upnp {

// An element that has no element in it: its name without a prefix, and its text.
using XmlLeaf = std::pair<std::string, std::string>;

// The leaves of a document, in their order. Attributes, comments, declarations and the text between
// elements are skipped. nullopt for what is no well-formed sequence of tags.
std::optional<std::vector<XmlLeaf>> xml_leaves(std::string_view document);

// The text of the first leaf of that name; nullopt if there is none.
std::optional<std::string_view> find_leaf(const std::vector<XmlLeaf>& leaves,
                                          std::string_view name);

// The text with what has a meaning in XML written as entities.
std::string xml_escaped(std::string_view text);

}  // namespace natsim::upnp
