#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {

std::vector<LoopStyle> loop_styles() {
  return {
      by_hand_style(),    asio_post_style(),   callback_style(),
      std_future_style(), asio_future_style(), coroutine_style(),
#ifdef PARLAB_HAS_BOOST_CONTEXT
      stackful_style(),
#endif
  };
}

}  // namespace parlab
