#include "swim/config.h"

namespace muster::swim {

using std::chrono::milliseconds;
using std::chrono::seconds;

Config profile_config(Profile profile) {
    Config config;
    switch (profile) {
        case Profile::Lan:
            break;
        case Profile::Wan:
            config.tcp_timeout = seconds(30);
            config.suspicion_mult = 6;
            config.push_pull_interval = seconds(60);
            config.probe_timeout = seconds(3);
            config.probe_interval = seconds(5);
            config.gossip_nodes = 4;
            config.gossip_interval = milliseconds(500);
            config.gossip_to_the_dead_time = seconds(60);
            break;
        case Profile::Local:
            config.tcp_timeout = seconds(1);
            config.indirect_checks = 1;
            config.retransmit_mult = 2;
            config.suspicion_mult = 3;
            config.push_pull_interval = seconds(15);
            config.probe_timeout = milliseconds(200);
            config.gossip_interval = milliseconds(100);
            config.gossip_to_the_dead_time = seconds(15);
            break;
    }
    return config;
}

}  // namespace muster::swim
