/** Number by which our routes are known from others' (iproute2: `proto NUMBER`); none of rt_protos. */
export const ROUTE_PROTOCOL = 157;
