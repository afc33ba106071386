-- natsim's own peer with a real one, or two real ones, as the parameters say:
--
--   natsim live scenarios/live/judge.lua --set caller=natsim --set callee=pion --set nat=symmetric
--
-- caller, callee: natsim, chromium, aiortc or pion (built before by tools/peers/build_pion)
-- nat: none, or the kind of NAT in front of the caller
-- callee_nat: the kind in front of the callee; as the caller's, but port-restricted if that is symmetric
-- turn: natsim or coturn
-- path: what the caller's selected pair has to be: direct, relay, or any
local caller_kind = param("caller", "natsim")
local callee_kind = param("callee", "chromium")
local nat = param("nat", "none")
local callee_nat = param("callee_nat", nat == "symmetric" and "port-restricted" or nat)
local turn = param("turn", "natsim")
local path = param("path", "any")
local pion = param("pion", "build/pion_peer")
local delay = param("one_way_delay", duration("10ms"))
local video = param("video", true)

local commands = {
  chromium = { "tools/peers/chromium.py" },
  aiortc = { "tools/peers/aiortc_peer.py" },
  pion = { pion },
}

-- The two ways to have a peer, with the same methods.
local function simulated(host, name, server, media)
  local pc = host:peer_connection{
    ice_servers = { stun = server.ip .. ":3478", turn = { server.ip .. ":3478", user = name, password = "secret" } },
  }
  local peer = { party = pc }
  function peer.start(role)
    for _, kind in ipairs(media) do pc:add_track(kind) end
    if role == "offer" then pc:negotiate() end
  end
  function peer.await_connection() pc:wait("connected", "15s") end
  function peer.await_media()
    sleep("1s")
    local received = 0
    for _, stats in ipairs(pc:get_stats()) do
      if stats.type == "inbound-rtp" then
        received = received + 1
        expect(stats.packets_received).at_least(10)
      end
    end
    expect(received).equals(#media)
  end
  return peer
end

local function real(host, name, kind, server, media)
  local program = host:spawn(commands[kind])
  program:wait("ready", "30s")
  local peer = { party = program }
  function peer.start(role)
    program:send{
      type = "start", role = role, name = name, media = media, data = false,
      iceServers = {
        { urls = { "stun:" .. server.ip, "turn:" .. server.ip }, username = name, credential = "secret" },
      },
    }
  end
  function peer.await_connection()
    program:wait({ type = "state", what = "connection", state = "connected" }, "20s")
  end
  function peer.await_media()
    for _, kind_of_media in ipairs(media) do
      program:wait({ type = "media", kind = kind_of_media }, "10s")
    end
  end
  function peer.path()
    program:send{ type = "stats" }
    local pair = program:wait("stats", "5s").pair
    return (pair["local"].type == "relay" or pair.remote.type == "relay") and "relay" or "direct"
  end
  return peer
end

scenario("a caller and a callee", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "1ms" } })
  local access = { internet, one_way_delay = delay }
  local hosts = {}
  for i, name in ipairs{ "alice", "bob" } do
    if nat == "none" then
      hosts[i] = net:host(name, { ip = "198.51.100." .. i, link = access })
    else
      hosts[i] = net:home(name, { nat = i == 1 and nat or callee_nat, wan = access })
    end
  end
  if turn == "natsim" then
    server:turn_server{ users = { alice = "secret", bob = "secret" } }
  else
    local coturn = server:spawn{
      "turnserver", "-n", "--no-cli", "--log-file", "stdout", "--lt-cred-mech", "--realm", "natsim",
      "--user", "alice:secret", "--user", "bob:secret", "--listening-ip", server.ip, "--relay-ip", server.ip,
      "--allow-loopback-peers", "--cli-password", "none", "--pidfile", "/dev/null",
    }
    sleep("1s")
    expect(coturn.running).equals(true)
  end

  local media = video and { "audio", "video" } or { "audio" }
  -- aiortc 1.4 bundles several sections in name alone.
  if caller_kind == "aiortc" then media = { "audio" } end
  local function make(i, kind)
    local name = ({ "alice", "bob" })[i]
    if kind == "natsim" then return simulated(hosts[i], name, server, media) end
    return real(hosts[i], name, kind, server, media)
  end
  local caller, callee = make(1, caller_kind), make(2, callee_kind)
  net:signalling(caller.party, callee.party, { one_way_delay = delay })
  local begin = net:now()
  callee.start("answer")
  caller.start("offer")
  caller.await_connection()
  callee.await_connection()
  metric("connected after", net:now() - begin)
  caller.await_media()
  callee.await_media()
  if path == "any" then return end
  -- A client may begin with a relay and go over to the direct path when it has been found.
  for _ = 1, 20 do
    if caller.path() == path then break end
    sleep("500ms")
  end
  expect(caller.path()).equals(path)
end)
