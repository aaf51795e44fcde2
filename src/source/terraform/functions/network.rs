//! IP network functions.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Answer, Args, Num, Stop, Val, wrong};

pub(super) fn call(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "cidrhost" => host(args),
        "cidrnetmask" => netmask(args),
        "cidrsubnet" => subnet(args),
        "cidrsubnets" => subnets(args),
        _ => return None,
    })
}

/// A network: its address as a number, its prefix length, and the bits of an address.
#[derive(Clone, Copy)]
struct Network {
    address: u128,
    prefix: u32,
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = prefix.parse().ok()?;
        let (address, bits) = match address.parse::<Ipv4Addr>() {
            Ok(v4) => (u128::from(u32::from(v4)), 32),
            Err(_) => (u128::from(address.parse::<Ipv6Addr>().ok()?), 128),
        };
        if prefix > bits {
            return None;
        }
        let network = Self { address, prefix, bits };
        Some(Self { address: address & !network.host_mask(), ..network })
    }

    /// Ones where the host part is.
    fn host_mask(self) -> u128 {
        let host_bits = self.bits - self.prefix;
        if host_bits >= 128 { u128::MAX } else { (1 << host_bits) - 1 }
    }

    fn write(self, address: u128) -> String {
        if self.bits == 32 { Ipv4Addr::from(address as u32).to_string() } else { Ipv6Addr::from(address).to_string() }
    }

    /// The subnet of `new_bits` further bits with this number.
    fn sub(self, new_bits: u32, number: u128) -> Option<Self> {
        let prefix = self.prefix.checked_add(new_bits).filter(|prefix| *prefix <= self.bits)?;
        if new_bits < 128 && number >> new_bits != 0 {
            return None;
        }
        let shift = self.bits - prefix;
        let offset = if shift >= 128 { 0 } else { number << shift };
        Some(Self { address: self.address | offset, prefix, bits: self.bits })
    }
}

fn network(args: &Args) -> Result<Network, Stop> {
    let text = args.text(0)?;
    Network::parse(&text).ok_or_else(|| Stop::Wrong(format!("{text:?} is not an address range")))
}

fn host(args: &Args) -> Answer {
    let network = network(args)?;
    let number = match args.number(1)? {
        Num::Int(number) => number,
        Num::Float(_) => return wrong("a whole number is required"),
    };
    let mask = network.host_mask();
    let offset = if number < 0 { mask.checked_add(1).map_or(mask, |size| size - 1) } else { 0 };
    let magnitude = number.unsigned_abs();
    let host = if number < 0 { (magnitude - 1 <= mask).then(|| offset - (magnitude - 1)) } else { Some(magnitude) };
    match host.filter(|host| *host <= mask) {
        Some(host) => Ok(Val::string(network.write(network.address | host))),
        None => wrong(format!("the range has no host {number}")),
    }
}

fn netmask(args: &Args) -> Answer {
    let network = network(args)?;
    if network.bits != 32 {
        return wrong("only IPv4 ranges have a netmask");
    }
    Ok(Val::string(network.write(!network.host_mask() & u128::from(u32::MAX))))
}

fn subnet(args: &Args) -> Answer {
    let network = network(args)?;
    let (bits, number) = (args.int(1)?, args.int(2)?);
    let found = u32::try_from(bits).ok().zip(u128::try_from(number).ok());
    match found.and_then(|(bits, number)| network.sub(bits, number)) {
        Some(sub) => Ok(Val::string(format!("{}/{}", sub.write(sub.address), sub.prefix))),
        None => wrong(format!("the range has no subnet {number} of {bits} more bits")),
    }
}

/// Subnets one after the other, each at the next multiple of its own size.
fn subnets(args: &Args) -> Answer {
    let network = network(args)?;
    let mut result = Vec::new();
    let mut next = network.address;
    let mut full = false;
    for index in 1..args.len() {
        let bits = u32::try_from(args.int(index)?).ok();
        let Some(sub) = bits.and_then(|bits| network.sub(bits, 0)) else { return wrong("a subnet does not fit") };
        let mask = sub.host_mask();
        let start = next.checked_add(mask).map(|end| end & !mask);
        let fits = start.filter(|start| !full && start & !network.host_mask() == network.address);
        let Some(start) = fits else { return wrong("the range is used up") };
        result.push(Val::string(format!("{}/{}", sub.write(start), sub.prefix)));
        match start.checked_add(mask).and_then(|end| end.checked_add(1)) {
            Some(after) => next = after,
            None => full = true,
        }
    }
    Ok(Val::list(result))
}
