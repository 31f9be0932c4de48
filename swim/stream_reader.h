// What comes in on one side of a stream, from its first byte: label header, seal, message
// (docs/protocol/memberlist.md section 4.1). swim/stream.h reads what is inside.
//
// Pure: bytes in, as they come; a message, "more", or a fault out. A sealed frame's length is held
// against its limit before a byte of it is kept, and memory grows with what has come, not with what
// was claimed. Nothing of it is believed before its tag has been checked.
#pragma once

#include "swim/bytes.h"
#include "swim/seal.h"
#include "swim/stream.h"

namespace muster::swim {

class StreamReader {
public:
    // Who wrote the bytes: only the dialing side sends a label header.
    enum class From : std::uint8_t { Dialer, Listener };
    using Progress = StreamDecoder::Progress;

    explicit StreamReader(From from) : layer_(from == From::Dialer ? Layer::Label : Layer::Type) {}

    // Takes the next bytes. After Done or Failed further bytes are ignored.
    Progress feed(Seal& seal, BytesView bytes);

    // REQUIRES: the last feed() said Done. The message's views live as long as the reader.
    const StreamMessage& message() const { return decoder_.message(); }
    // REQUIRES: the last feed() said Failed. Fault::Label: nothing may be answered.
    const StreamFault& fault() const;

private:
    // Which of them is being read.
    enum class Layer : std::uint8_t { Label, Type, Frame, Content, Failed };

    Progress take_label(Seal& seal);
    Progress take_type(Seal& seal);
    Progress take_frame(Seal& seal);
    Progress fail(Fault fault, std::string detail, bool outer);

    Layer layer_;
    Bytes held_;  // what came of the layers before the message
    StreamDecoder decoder_;
    StreamFault trouble_{};
};

}  // namespace muster::swim
