-- How long two real peers of one kind take to connect over a round trip of R, without a NAT: ICE, from
-- the answer until both are connected, then DTLS, then the first data. tests/live/connect_times.py runs
-- it and compares with what the same programs take over a plain delay.
--
--   natsim live scenarios/live/connect_time.lua --set peer=pion --set round_trip=100ms
local peer = param("peer", "aiortc")
local round_trip = param("round_trip", duration("50ms"))
local signalling = param("signalling", duration("1ms"))
local pion = param("pion", "build/pion_peer")

local commands = {
  chromium = { "tools/peers/chromium.py" },
  aiortc = { "tools/peers/aiortc_peer.py" },
  pion = { pion },
}

scenario("two peers of a kind", function(net)
  local internet = net:router("internet")
  local programs = {}
  for i, name in ipairs{ "alice", "bob" } do
    local host = net:host(name, {
      ip = "198.51.100." .. i, link = { internet, one_way_delay = round_trip / 4 },
    })
    programs[i] = host:spawn(commands[peer])
    programs[i]:wait("ready", "30s")
  end
  local first = {}  -- the instant of each thing at each of the two
  local function note(what, i)
    first[what] = first[what] or {}
    first[what][i] = first[what][i] or net:now()
  end
  for i, program in ipairs(programs) do
    program:on("message", function(message)
      if message.type == "answer" then note("answer", 1) end
      if message.type == "data" then note("data", i) end
      if message.type == "state" and (message.state == "connected" or message.state == "completed") then
        note(message.what, i)
      end
    end)
  end
  net:signalling(programs[1], programs[2], { one_way_delay = signalling })
  programs[2]:send{ type = "start", role = "answer" }
  sleep("200ms")
  programs[1]:send{ type = "start", role = "offer" }
  for _, program in ipairs(programs) do program:wait("data", "20s") end
  sleep("100ms")
  local function both(what) return first[what][1] > first[what][2] and first[what][1] or first[what][2] end
  local answered = first.answer[1] + signalling
  metric("ICE", both("ice") - answered)
  metric("DTLS", both("connection") - both("ice"))
  metric("first data", both("data") - answered)
end)
