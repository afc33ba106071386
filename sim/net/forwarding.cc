#include "sim/net/forwarding.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <boost/range/iterator_range.hpp>

#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/node.h"

namespace natsim::net {

// One Dijkstra run over the realm of a forwarding, filling its tables.
class RouteComputation {
 public:
  explicit RouteComputation(Forwarding& root) : root_(root) { discover(root); }

  void run() {
    for (std::size_t from = 0; from < members_.size(); ++from) connect(from);
    std::vector<Cost> costs(members_.size());
    boost::dijkstra_shortest_paths(graph_, Vertex{0},
                                   boost::weight_map(boost::get(&Edge::cost, graph_))
                                       .distance_map(boost::make_iterator_property_map(
                                           costs.begin(), boost::get(boost::vertex_index, graph_)))
                                       .distance_compare(std::less<Cost>())
                                       .distance_combine(&sum)
                                       .distance_inf(infinite)
                                       .distance_zero(Cost{}));
    // Nearer members first: the first route to a prefix stays, and each link adds to the cost, so a
    // member's first hop is settled before it is asked for.
    std::vector<Vertex> order(members_.size());
    for (Vertex v = 0; v < order.size(); ++v) order[v] = v;
    std::stable_sort(order.begin(), order.end(),
                     [&](Vertex a, Vertex b) { return costs[a] < costs[b]; });
    std::vector<Interface*> first_hops(members_.size(), nullptr);
    for (const Vertex v : order) {
      announce(v, first_hops[v]);
      for (const auto& edge : boost::make_iterator_range(boost::out_edges(v, graph_))) {
        const Vertex next = boost::target(edge, graph_);
        if (sum(costs[v], graph_[edge].cost) != costs[next]) continue;
        Interface*& settled = first_hops[next];
        Interface* const hop = v == 0 ? graph_[edge].by : first_hops[v];
        if (settled == nullptr || hop->id() < settled->id()) settled = hop;
      }
    }
  }

 private:
  using Cost = std::pair<std::int64_t, std::int64_t>;  // nanoseconds of delay, links
  static constexpr Cost infinite{std::numeric_limits<std::int64_t>::max(), 0};
  static Cost sum(const Cost& a, const Cost& b) {
    if (a == infinite || b == infinite) return infinite;
    return {a.first + b.first, a.second + b.second};
  }
  struct Edge {
    Cost cost;
    Interface* by;  // where it leaves
  };
  using Graph =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Edge>;
  using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

  // Numbers all forwardings of the realm, the root first, in breadth-first order of building.
  void discover(Forwarding& root) {
    add_member(root);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      for (const Interface* interface : members_[i]->interfaces()) {
        if (Forwarding* const other = neighbour(*interface)) add_member(*other);
      }
    }
  }

  void add_member(Forwarding& forwarding) {
    if (index_.emplace(&forwarding, members_.size()).second) {
      members_.push_back(&forwarding);
      boost::add_vertex(graph_);
    }
  }

  static Forwarding* neighbour(const Interface& interface) {
    return interface.connected() ? interface.peer().forwarding() : nullptr;
  }

  void connect(std::size_t from) {
    for (Interface* interface : members_[from]->interfaces()) {
      if (const Forwarding* const other = neighbour(*interface)) {
        const Cost cost{interface->link().options().one_way_delay.ns, 1};
        boost::add_edge(from, index_.at(other), Edge{cost, interface}, graph_);
      }
    }
  }

  void announce(Vertex v, Interface* first_hop) {
    const Forwarding& member = *members_[v];
    for (const Prefix& prefix : member.originated_) root_.routes_.add(prefix, first_hop);
    for (Interface* interface : member.interfaces()) {
      for (const IpAddress& address : interface->addresses()) {
        root_.routes_.add(Prefix::of(address, address.is_v4() ? 32 : 128), first_hop);
      }
      if (!interface->connected() || interface->peer().forwarding() != nullptr) continue;
      Interface* const out = v == 0 ? interface : first_hop;
      for (const IpAddress& address : interface->peer().addresses()) {
        root_.routes_.add(Prefix::of(address, address.is_v4() ? 32 : 128), out);
      }
    }
  }

  Forwarding& root_;
  std::vector<Forwarding*> members_;                           // by vertex
  absl::flat_hash_map<const Forwarding*, std::size_t> index_;  // looked up, never walked
  Graph graph_;
};

Forwarding::Forwarding(Network& network) : network_(network) {}

Forwarding::~Forwarding() {
  for (Interface* interface : interfaces_) interface->forwarding_ = nullptr;
}

void Forwarding::add_interface(Interface& interface) {
  interfaces_.push_back(&interface);
  interface.forwarding_ = this;
  network_.topology_changed();
}

void Forwarding::originate(const Prefix& prefix) {
  originated_.push_back(prefix);
  network_.topology_changed();
}

std::optional<Forwarding::Route> Forwarding::lookup(const IpAddress& destination) {
  if (generation_ != network_.topology_generation()) {
    routes_.clear();
    RouteComputation(*this).run();
    generation_ = network_.topology_generation();
  }
  Interface* const* const out = routes_.find(destination);
  if (out == nullptr) return std::nullopt;
  return Route{*out};
}

}  // namespace natsim::net
