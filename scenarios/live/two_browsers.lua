-- Two real Chromiums in a call with video, one behind a symmetric NAT and one behind a
-- port-restricted one: no direct path can be found, so that natsim's TURN server relays.
--
--   natsim live scenarios/live/two_browsers.lua --timeline
--
-- Needs Debian's chromium. Writes a picture of each page beside the recording.
local pictures = param("pictures", "two_browsers")

scenario("two browsers behind NATs that need a relay", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "10ms" } })
  server:turn_server({ users = { alice = "secret", bob = "secret" } })
  local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "20ms" } })

  local function browser(host)
    local program = host:spawn{ "tools/peers/chromium.py" }
    program:wait("ready", "30s")
    return program
  end
  local function start(program, name, role)
    program:send{
      type = "start", name = name, role = role, media = { "audio", "video" },
      iceServers = {
        { urls = { "stun:203.0.113.10", "turn:203.0.113.10" }, username = name, credential = "secret" },
      },
    }
  end
  local caller, callee = browser(alice), browser(bob)
  net:signalling(caller, callee, { one_way_delay = "30ms" })
  start(callee, "bob", "answer")
  start(caller, "alice", "offer")

  for _, program in ipairs{ caller, callee } do
    program:wait({ type = "state", what = "connection", state = "connected" }, "30s")
    program:wait({ type = "media", kind = "video" }, "10s")
  end
  sleep("2s")
  for name, program in pairs{ alice = caller, bob = callee } do
    program:send{ type = "stats" }
    local stats = program:wait("stats", "5s")
    expect(stats.frames_decoded).at_least(1)
    local types = { [stats.pair["local"].type] = true, [stats.pair.remote.type] = true }
    expect(types.relay).equals(true)
    log(name, "uses", stats.pair["local"].type, "to", stats.pair.remote.type)
    local picture = pictures .. "-" .. name .. ".png"
    program:send{ type = "screenshot", file = picture }
    program:wait("screenshot", "10s")
    log("see", picture)
  end
end)
