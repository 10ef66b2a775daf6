"""Who a message is from, as far as that is proven, and what people said of such mail before."""
