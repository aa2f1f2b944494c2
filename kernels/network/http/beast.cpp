// Beast, compiled once for all sources that include its headers (BOOST_BEAST_SEPARATE_COMPILATION).

#include <boost/beast/src.hpp>
