module freiton

go 1.19
