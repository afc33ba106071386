-- coturn's client tools against natsim's servers, all in one world: its discovery tool behind each kind
-- of NAT, and its load generator through allocations, permissions and channels.
--
-- Needs Debian's coturn.
local behaviours = {
  { "full-cone", "Endpoint Independent Mapping!", "Endpoint Independent Filtering!" },
  { "restricted", "Endpoint Independent Mapping!", "Address Dependent Filtering!" },
  { "port-restricted", "Endpoint Independent Mapping!", "Address and Port Dependent Filtering!" },
  { "symmetric", "Address and Port Dependent Mapping!", "Address and Port Dependent Filtering!" },
}

for _, each in ipairs(behaviours) do
  local kind, mapping, filtering = each[1], each[2], each[3]
  scenario("turnutils_natdiscovery behind " .. kind, function(net)
    local internet = net:router("internet")
    local server = net:host("server", { ip = { "203.0.113.10", "203.0.113.11" }, link = { internet } })
    server:stun_server()
    local home = net:home("home", { nat = kind, wan = { internet, one_way_delay = "5ms" } })
    local tool = home:spawn{
      "sh", "-c",
      -- It prints plain text; as JSON it is a message.
      [[turnutils_natdiscovery -m -f -p 3478 -L "$0" 203.0.113.10 2>&1 |
        python3 -c 'import json,sys; print(json.dumps({"type": "said", "text": sys.stdin.read()}))']],
      home.ip,
    }
    local said = tool:wait("said", "60s").text
    expect(said).contains(mapping)
    expect(said).contains(filtering)
  end)
end

local function load(name, ...)
  local words = { ... }
  scenario("turnutils_uclient: " .. name, function(net)
    local internet = net:router("internet")
    local server = net:host("server", { ip = "203.0.113.10", link = { internet } })
    server:turn_server{ users = { alice = "secret" }, tcp_port = 3478, legacy_channels = true }
    local peer = net:host("peer", { ip = "203.0.113.20", link = { internet } })
    peer:spawn{ "turnutils_peer", "-L", peer.ip, "-p", "3480" }
    local home = net:home("home", { nat = "port-restricted", wan = { internet, one_way_delay = "5ms" } })
    local command = { "turnutils_uclient", "-u", "alice", "-w", "secret", "-e", peer.ip, "-r", "3480", "-n", "10", "-c" }
    for _, word in ipairs(words) do command[#command + 1] = word end
    command[#command + 1] = server.ip
    local tool = home:spawn(command)
    expect(tool:wait_for_exit("60s")).equals(0)
  end)
end
load("channels", "-m", "3")
load("Send indications", "-m", "3", "-s")
load("over TCP", "-m", "3", "-t")
load("a hundred clients", "-m", "100")
