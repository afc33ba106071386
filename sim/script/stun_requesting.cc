#include "sim/script/stun_requesting.h"

#include <array>
#include <memory>
#include <utility>

#include "sim/script/object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/stun_query.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

struct RequestOptions {
  std::uint16_t port = 0;
  stun::BindingClient::Options client;
};

constexpr std::array<Key<RequestOptions>, 3> request_keys = {{
    {"port", [](const Value& value, RequestOptions& request) { request.port = value.port(); }},
    {"rto", [](const Value& value,
               RequestOptions& request) { request.client.timers.rto = value.positive_duration(); }},
    {"rc", [](const Value& value,
              RequestOptions& request) { request.client.timers.rc = value.number<int>(1, 100); }},
}};

// Keeps the query while it runs; a script never sees it.
class QueryHolder : public Scripted {
 public:
  explicit QueryHolder(std::unique_ptr<StunQuery> query) : query_(std::move(query)) {}
  [[nodiscard]] const Class& script_class() const override { return type; }
  [[nodiscard]] const StunQuery& query() const { return *query_; }
  // Gives the socket back, once the result has been read.
  void end() { query_.reset(); }

 private:
  static constexpr Class type = {"stun request", "a STUN request", {}, {}};

  std::unique_ptr<StunQuery> query_;
};

int finish_request(lua_State* lua, int /*status*/, lua_KContext context) {
  auto& holder = *reinterpret_cast<QueryHolder*>(context);
  const StunQuery& query = holder.query();
  TableWriter table(lua);
  table.set("from", query.local());
  if (const auto* const mapped = std::get_if<stun::MappedAddress>(&*query.result())) {
    table.set("mapped", mapped->mapped);
    table.set("server", mapped->server);
    table.set("round_trip", mapped->received - query.started_at());
  } else {
    table.set("failure", to_string(std::get<stun::BindingFailure>(*query.result()).reason));
  }
  holder.end();
  return 1;
}

}  // namespace

int request_binding(lua_State* lua, net::Host& host, const Endpoint& server, const Value& options) {
  RequestOptions request;
  if (options.present()) read_options(options, request_keys, request);
  const IpAddress* const local = host.source_for(server.address);
  if (local == nullptr) {
    raise(lua, "host:stun_request: '{}' has no address to reach {} from", host.label(),
          to_string(server));
  }
  auto query = StunQuery::start(host, {*local, request.port}, server, request.client);
  if (!query) raise(lua, "host:stun_request: {}", query.error());
  Run& run = Run::of(lua);
  auto& holder = run.make<QueryHolder>(lua, std::move(query.value()));
  const Duration longest = request.client.timers.total() * (request.client.max_redirections + 2);
  return run.wait().begin(
      lua, longest, [&holder] { return holder.query().result().has_value(); }, finish_request,
      reinterpret_cast<lua_KContext>(&holder));
}

}  // namespace natsim::script
