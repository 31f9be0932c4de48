#include "agent/api/encoder.h"

namespace muster::api {

std::unique_ptr<Encoder> make_encoder(Encoding encoding, std::string& out) {
    if (encoding == Encoding::Json)
        return std::make_unique<JsonEncoder>(out);
    return std::make_unique<MsgpackEncoder>(out, encoding == Encoding::Extended);
}

}  // namespace muster::api
