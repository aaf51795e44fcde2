//! Functions on address ranges.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::{Kind, Value};

use super::args::{self, of_int};
use super::{Function, Val, pure, pure_text};
use crate::source::expr::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("parseCidr", (1, 1), parse_cidr),
    pure_text("cidrSubnet", (3, 3), cidr_subnet),
    pure_text("cidrHost", (2, 2), cidr_host),
];

/// A network: the address as a number, how many bits it has, and how many of them are the prefix.
#[derive(Clone, Copy)]
struct Network {
    address: u128,
    width: u32,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = || Fault::expression(format!("'{text}' is no address range"));
        let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let prefix: u32 = prefix.trim().parse().map_err(|_| wrong())?;
        let (address, width) = match address.trim().parse().map_err(|_| wrong())? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        if prefix > width {
            return Err(wrong());
        }
        let network = Self { address, width, prefix };
        Ok(Self { address: address & !network.host_mask(), ..network })
    }

    /// The bits that tell hosts apart.
    fn host_mask(self) -> u128 {
        match self.width - self.prefix {
            0 => 0,
            bits => u128::MAX >> (128 - bits),
        }
    }

    fn show(self, address: u128) -> String {
        match self.width {
            32 => Ipv4Addr::from(address as u32).to_string(),
            _ => Ipv6Addr::from(address).to_string(),
        }
    }

    fn mask(self) -> String {
        let all = if self.width == 32 { u128::from(u32::MAX) } else { u128::MAX };
        self.show(all & !self.host_mask())
    }
}

fn parse_cidr(args: &[Val]) -> Result<Value, Fault> {
    let network = Network::parse(args::str(args, 0)?)?;
    let first = network.address;
    let last = first | network.host_mask();
    // The first and last address of an IPv4 range are the network and the broadcast address.
    let few = network.width == 128 || network.prefix >= 31;
    let text = |name: &str, text: String| (name.to_owned(), Value::string(text));
    let mut members = vec![text("network", network.show(first)), text("netmask", network.mask())];
    if network.width == 32 {
        members.push(text("broadcast", network.show(last)));
    }
    members.push(text("firstUsable", network.show(if few { first } else { first + 1 })));
    members.push(text("lastUsable", network.show(if few { last } else { last - 1 })));
    members.push(("cidr".to_owned(), of_int(i64::from(network.prefix))));
    Ok(Value::new(Kind::Object(members)))
}

fn cidr_subnet(args: &[Val]) -> Result<Value, Fault> {
    let network = Network::parse(args::str(args, 0)?)?;
    let prefix = u32::try_from(args::int(args, 1)?).ok().filter(|p| (network.prefix..=network.width).contains(p));
    let prefix = prefix.ok_or_else(|| Fault::expression("the new prefix does not fit into the range"))?;
    let index = u128::try_from(args::int(args, 2)?).map_err(|_| Fault::expression("the index is negative"))?;
    let bits = prefix - network.prefix;
    if bits < 64 && index >= 1 << bits {
        return Err(Fault::expression(format!("there is no subnet number {index}")));
    }
    let shift = network.width - prefix;
    let offset = if shift >= 128 { 0 } else { index << shift };
    Ok(Value::string(format!("{}/{prefix}", network.show(network.address | offset))))
}

fn cidr_host(args: &[Val]) -> Result<Value, Fault> {
    let network = Network::parse(args::str(args, 0)?)?;
    let index = u128::try_from(args::int(args, 1)?).map_err(|_| Fault::expression("the index is negative"))?;
    // Index 0 is the first usable address.
    let start = if network.width == 128 || network.prefix >= 31 { network.address } else { network.address + 1 };
    let host = start.checked_add(index).filter(|host| *host <= network.address | network.host_mask());
    let host = host.ok_or_else(|| Fault::expression(format!("there is no address number {index}")))?;
    Ok(Value::string(network.show(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(body: fn(&[Val]) -> Result<Value, Fault>, args: &[Value]) -> String {
        let args: Vec<Val> = args.iter().cloned().map(Val::Owned).collect();
        let value = body(&args).expect("a value");
        value.to_json().map(|json| json.as_str().map_or_else(|| json.to_string(), str::to_owned)).expect("known")
    }

    #[test]
    fn examples_of_the_documentation() {
        let subnet = |index| call(cidr_subnet, &["10.144.0.0/20".into_value(), of_int(24), of_int(index)]);
        assert_eq!(subnet(0), "10.144.0.0/24");
        assert_eq!(subnet(4), "10.144.4.0/24");
        assert_eq!(call(cidr_host, &["10.144.3.0/24".into_value(), of_int(4)]), "10.144.3.5");
        let parsed = call(parse_cidr, &["10.144.0.0/20".into_value()]);
        assert!(parsed.contains(r#""broadcast":"10.144.15.255""#), "{parsed}");
        assert!(parsed.contains(r#""netmask":"255.255.240.0""#), "{parsed}");
    }

    trait IntoValue {
        fn into_value(self) -> Value;
    }

    impl IntoValue for &str {
        fn into_value(self) -> Value {
            Value::string(self)
        }
    }
}
