-- Two real Chromiums in one home that hide their addresses behind mDNS names, as browsers do by default:
-- the simulated LAN carries their multicast, so that they find each other without any server.
--
-- Needs Debian's chromium.
scenario("two browsers in one home find each other by mDNS", function(net)
  local internet = net:router("internet")
  local alice, bob = net:home("home", { hosts = { "alice", "bob" }, nat = "port-restricted", wan = { internet } })
  local function browser(host)
    local program = host:spawn{ "tools/peers/chromium.py", "--mdns" }
    program:wait("ready", "30s")
    return program
  end
  local caller, callee = browser(alice), browser(bob)
  local names = 0
  caller:on("message", function(message)
    if message.type == "candidate" and message.candidate:find(".local ", 1, true) then names = names + 1 end
  end)
  net:signalling(caller, callee)
  callee:send{ type = "start", role = "answer" }
  caller:send{ type = "start", role = "offer" }
  caller:wait("data", "20s")
  callee:wait("data", "20s")
  expect(names).at_least(1)
end)
