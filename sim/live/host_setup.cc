#include "sim/live/host_setup.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <sstream>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fmt/format.h>

namespace natsim::live {
namespace {

// libwebrtc takes an interface named "tun…" for a VPN, and likes it less.
constexpr char interface_name[] = "eth0";
constexpr int queue_length = 10'000;  // datagrams that wait while natsim is busy
constexpr char resolver_file[] = "/etc/resolv.conf";

// in6_ifreq of linux/ipv6.h, which does not go together with netinet/in.h.
struct Ipv6Request {
  in6_addr address;
  std::uint32_t prefix_length;
  int interface;
};

Error failed(std::string_view what) { return {fmt::format("{}: {}", what, std::strerror(errno))}; }

bool write_setting(const std::string& path, std::string_view value) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.is_open() &&
         ::write(file.number(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

ifreq request() {
  ifreq asked{};
  std::memcpy(asked.ifr_name, interface_name, sizeof interface_name);
  return asked;
}

void put_v4(sockaddr& into, in_addr address) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr = address;
  std::memcpy(&into, &v4, sizeof v4);
}

in_addr to_in_addr(const IpAddress& ip) {
  in_addr address{};
  ::inet_pton(AF_INET, to_string(ip).c_str(), &address);
  return address;
}

std::optional<Error> add_v4(int control, const HostSetup::Address& address, int alias) {
  ifreq asked = request();
  if (alias > 0) {  // a further IPv4 address has a name of its own in this interface
    const std::string name = fmt::format("{}:{}", interface_name, alias);
    std::memcpy(asked.ifr_name, name.c_str(), name.size() + 1);
  }
  put_v4(asked.ifr_addr, to_in_addr(address.ip));
  if (::ioctl(control, SIOCSIFADDR, &asked) != 0) return failed("its IPv4 address");
  in_addr mask{};
  mask.s_addr = address.prefix_length == 0 ? 0 : htonl(0xFFFFFFFFu << (32 - address.prefix_length));
  put_v4(asked.ifr_netmask, mask);
  if (::ioctl(control, SIOCSIFNETMASK, &asked) != 0) return failed("its IPv4 prefix");
  return std::nullopt;
}

std::optional<Error> add_v6(int control, const HostSetup::Address& address) {
  Ipv6Request asked{};
  ::inet_pton(AF_INET6, to_string(address.ip).c_str(), &asked.address);
  asked.prefix_length = address.prefix_length;
  asked.interface = static_cast<int>(::if_nametoindex(interface_name));
  if (::ioctl(control, SIOCSIFADDR, &asked) != 0) return failed("its IPv6 address");
  return std::nullopt;
}

std::optional<Error> bring_up(int control, const char* name) {
  ifreq asked{};
  std::strncpy(asked.ifr_name, name, IFNAMSIZ - 1);
  if (::ioctl(control, SIOCGIFFLAGS, &asked) != 0) return failed("its interfaces");
  asked.ifr_flags = static_cast<short>(asked.ifr_flags | IFF_UP);
  if (::ioctl(control, SIOCSIFFLAGS, &asked) != 0) return failed("its interfaces");
  return std::nullopt;
}

std::optional<Error> add_default_routes(int v4, int v6) {
  if (v4 >= 0) {
    rtentry route{};
    in_addr any{};
    put_v4(route.rt_dst, any);
    put_v4(route.rt_genmask, any);
    put_v4(route.rt_gateway, any);
    std::string device = interface_name;
    route.rt_dev = device.data();
    route.rt_flags = RTF_UP;
    if (::ioctl(v4, SIOCADDRT, &route) != 0) return failed("its default route");
  }
  if (v6 >= 0) {
    in6_rtmsg route{};
    route.rtmsg_metric = 1;
    route.rtmsg_flags = RTF_UP;
    route.rtmsg_ifindex = static_cast<int>(::if_nametoindex(interface_name));
    if (::ioctl(v6, SIOCADDRT, &route) != 0) return failed("its IPv6 default route");
  }
  return std::nullopt;
}

// IPv6 that nobody simulates only makes noise, and what it does by itself at the start is noise in
// any case: addresses of its own making, their detection as duplicates, solicited routers.
std::optional<Error> set_up_kernel(bool has_v6) {
  const std::string v6 = "/proc/sys/net/ipv6/conf/";
  for (const char* const scope : {"all/", "default/", "eth0/"}) {
    // Where a policy has set it, datagrams of hosts with two addresses would die.
    if (!write_setting(fmt::format("/proc/sys/net/ipv4/conf/{}rp_filter", scope), "0")) {
      return failed("rp_filter");
    }
    const bool disabled = write_setting(v6 + scope + "disable_ipv6", has_v6 ? "0" : "1");
    if (!has_v6) continue;  // a kernel without IPv6 has nothing to be set
    if (!disabled) return failed("IPv6");
    write_setting(v6 + scope + "accept_dad", "0");
    write_setting(v6 + scope + "router_solicitations", "0");
    write_setting(v6 + scope + "addr_gen_mode", "1");
  }
  return std::nullopt;
}

// By netlink: the ioctl asks for rights that root in a user namespace does not have.
std::optional<Error> set_queue_length() {
  struct {
    nlmsghdr header;
    ifinfomsg link;
    rtattr attribute;
    std::uint32_t length;
  } asked{};
  asked.header.nlmsg_len = sizeof asked;
  asked.header.nlmsg_type = RTM_NEWLINK;
  asked.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  asked.link.ifi_index = static_cast<int>(::if_nametoindex(interface_name));
  asked.attribute.rta_len = RTA_LENGTH(sizeof asked.length);
  asked.attribute.rta_type = IFLA_TXQLEN;
  asked.length = queue_length;
  struct {
    nlmsghdr header;
    nlmsgerr result;
  } answer{};
  const Descriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const bool told = netlink.is_open() &&
                    ::send(netlink.number(), &asked, sizeof asked, 0) == sizeof asked &&
                    ::recv(netlink.number(), &answer, sizeof answer, 0) >= ssize_t{sizeof answer};
  if (told) errno = -answer.result.error;
  if (!told || answer.result.error != 0) return failed("its queue");
  return std::nullopt;
}

Result<Descriptor> open_tun() {
  Descriptor tun(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tun.is_open()) return failed("/dev/net/tun");
  ifreq asked = request();
  asked.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(tun.number(), TUNSETIFF, &asked) != 0) return failed("a TUN device");
  return tun;
}

// Puts a resolv.conf of the host's own in the place of the machine's.
std::optional<Error> set_resolver(const HostSetup& setup, const std::string& folder) {
  const std::string own = folder + "/resolv.conf";
  {
    std::ofstream file(own);
    if (setup.name_servers.empty()) {
      file << "# nobody answers there, and says so at once\nnameserver 127.0.0.1\n";
    }
    for (const IpAddress& server : setup.name_servers) {
      file << "nameserver " << to_string(server) << '\n';
    }
    file << "options timeout:2 attempts:2\n";
    if (!file.flush()) return failed(own);
  }
  if (::access(resolver_file, F_OK) != 0) return std::nullopt;  // there is none to be hidden
  if (::mount(own.c_str(), resolver_file, nullptr, MS_BIND, nullptr) != 0) {
    return failed("its resolv.conf");
  }
  return std::nullopt;
}

std::optional<Error> make_folders(const HostSetup& setup, const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed(folder);
  const std::string temporary = folder + "/tmp";
  if (::mkdir(temporary.c_str(), 0700) != 0 && errno != EEXIST) return failed(temporary);
  ::setenv("TMPDIR", temporary.c_str(), 1);
  return set_resolver(setup, folder);
}

}  // namespace

Result<Descriptor> become_host(const HostSetup& setup, const std::string& scratch) {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return failed("a network namespace");
  Result<Descriptor> tun = open_tun();
  if (!tun) return tun;
  bool has_v4 = false;
  bool has_v6 = false;
  for (const HostSetup::Address& address : setup.addresses) {
    (address.ip.is_v4() ? has_v4 : has_v6) = true;
  }
  if (const auto error = set_up_kernel(has_v6)) return *error;
  const Descriptor v4(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Descriptor v6(has_v6 ? ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1);
  if (!v4.is_open() || (has_v6 && !v6.is_open())) return failed("sockets");
  ifreq asked = request();
  asked.ifr_mtu = setup.mtu;
  if (::ioctl(v4.number(), SIOCSIFMTU, &asked) != 0) return failed("its MTU");
  if (const auto error = set_queue_length()) return *error;
  int aliases = 0;
  for (const HostSetup::Address& address : setup.addresses) {
    if (!address.ip.is_v4()) continue;
    if (const auto error = add_v4(v4.number(), address, aliases++)) return *error;
  }
  for (const char* const name : {"lo", interface_name}) {
    if (const auto error = bring_up(v4.number(), name)) return *error;
  }
  for (const HostSetup::Address& address : setup.addresses) {
    if (address.ip.is_v4()) continue;
    if (const auto error = add_v6(v6.number(), address)) return *error;
  }
  if (const auto error = add_default_routes(has_v4 ? v4.number() : -1, v6.number())) return *error;
  if (const auto error = make_folders(setup, scratch)) return *error;
  return tun;
}

InterfaceDrops count_drops() {
  InterfaceDrops drops;
  std::ifstream file("/proc/self/net/dev");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.find(interface_name) > colon) continue;
    std::istringstream counters(line.substr(colon + 1));
    std::array<std::uint64_t, 16> values{};
    for (std::uint64_t& value : values) counters >> value;
    drops.refused = values[2] + values[3];  // received: errors, dropped
    drops.unread = values[11];              // sent: dropped
  }
  return drops;
}

}  // namespace natsim::live
